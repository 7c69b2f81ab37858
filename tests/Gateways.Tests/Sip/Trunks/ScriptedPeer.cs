using System.Net;
using System.Net.Sockets;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

/// <summary>A carrier's server on a UDP socket of its own: it receives and answers as the test says.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly HashSet<string> _seen = [];
    private IPEndPoint _from = new(IPAddress.Any, 0);

    public ScriptedPeer() => _socket.Client.ReceiveTimeout = 10_000;

    public DigestServer Digest { get; } = new(new DigestServerOptions { Realm = "carrier" });

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public string Uri => $"sip:127.0.0.1:{Port}";

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Who sent last.</summary>
    public IPEndPoint From => _from;

    /// <summary>The next request of a method, without retransmissions; of others, OPTIONS are answered and the rest is skipped.</summary>
    public SipRequest Receive(string method)
    {
        while (true)
        {
            var message = SipParser.Parse(_socket.Receive(ref _from));
            if (message is not SipRequest request || !_seen.Add(request.TopVia.Branch + request.Method))
            {
                continue;
            }
            if (request.Method == method)
            {
                return request;
            }
            if (request.Method == SipMethod.Options)
            {
                Answer(request, SipStatus.Ok);
            }
        }
    }

    /// <summary>The next final response.</summary>
    public SipResponse ReceiveResponse()
    {
        while (true)
        {
            if (SipParser.Parse(_socket.Receive(ref _from)) is SipResponse { IsFinal: true } response)
            {
                return response;
            }
        }
    }

    public void Answer(SipRequest request, int status, Action<SipResponse>? change = null)
    {
        var response = SipResponse.Create(request, status, toTag: "peer-tag");
        if (status is > 100 and < 300 && request.IsInvite)
        {
            response.Headers.Add(SipHeaderId.Contact, $"<sip:peer@{Address}>");
        }
        change?.Invoke(response);
        _socket.Send(response.ToBytes(), _from);
    }

    public void Challenge(SipRequest request, bool proxy = false, bool stale = false) =>
        _socket.Send(Digest.Challenge(request, stale, proxy).ToBytes(), _from);

    public DigestVerdict Check(SipRequest request, bool proxy = false) =>
        Digest.Check(request, (user, _) => user == "user" ? new DigestSecret("s3cret") : null, proxy).Verdict;

    public void Send(SipMessage message) => _socket.Send(message.ToBytes(), _from);

    /// <summary>Nothing but OPTIONS and retransmissions lies in the socket.</summary>
    public bool HasNothing()
    {
        while (_socket.Available > 0)
        {
            var message = SipParser.Parse(_socket.Receive(ref _from));
            if (
                message is SipRequest request
                && request.Method != SipMethod.Options
                && _seen.Add(request.TopVia.Branch + request.Method)
            )
            {
                return false;
            }
        }
        return true;
    }

    public void Dispose() => _socket.Dispose();
}
