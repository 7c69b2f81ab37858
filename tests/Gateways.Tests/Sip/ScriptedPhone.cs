using System.Net;
using System.Net.Sockets;
using System.Text;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Tests.Sip;

/// <summary>A phone moved by hand over a UDP socket of its own. It answers challenges with its user's password.</summary>
internal sealed class ScriptedPhone : IDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Queue<SipMessage> _passedOver = new();
    private readonly string _user;
    private readonly Func<IPEndPoint> _server;
    private int _last;

    public ScriptedPhone(string user, Func<IPEndPoint> server)
    {
        _user = user;
        _server = server;
        _socket.Client.ReceiveTimeout = 5_000;
    }

    public IPEndPoint Address => (IPEndPoint)_socket.Client.LocalEndPoint!;

    public string Contact => $"<sip:{_user}@{Address}>";

    /// <summary>A request to the agent, or, for REGISTER, to the registrar.</summary>
    public SipRequest Request(string method, params (SipHeaderId Id, string Value)[] headers)
    {
        var aor = SipUri.Parse($"sip:{_user}@127.0.0.1");
        var uri = SipUri.Parse(method == SipMethod.Register ? "sip:127.0.0.1" : "sip:frontdesk@127.0.0.1");
        var request = SipRequest.Create(
            method,
            uri,
            new NameAddress(aor, tag: $"{_user}-tag"),
            new NameAddress(method == SipMethod.Register ? aor : uri),
            SipToken.NewCallId(),
            (uint)++_last
        );
        foreach (var (id, value) in headers)
        {
            request.Headers.Add(id, value);
        }
        return request;
    }

    public SipRequest Text(string text, string type = "text/plain")
    {
        var message = Request(SipMethod.Message);
        message.SetBody(Encoding.UTF8.GetBytes(text), type);
        return message;
    }

    /// <summary>Sends in a new transaction.</summary>
    public void Send(SipRequest request)
    {
        request.Headers.Remove(SipHeaderId.Via);
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP {Address};branch=z9hG4bK{_user}{++_last};rport");
        Post(request);
    }

    public void Post(SipMessage message) => _socket.Send(message.ToBytes(), _server());

    /// <summary>The final response to the request, after the challenge that comes first.</summary>
    public SipResponse Ask(SipRequest request)
    {
        Send(request);
        var response = ReceiveFinal();
        if (response.StatusCode != SipStatus.Unauthorized)
        {
            return response;
        }
        Send(WithPassword(request, response));
        return ReceiveFinal();
    }

    /// <summary>Sends with its password, without waiting for the response.</summary>
    public SipRequest Begin(SipRequest request)
    {
        Send(request);
        var challenge = ReceiveFinal();
        challenge.StatusCode.Should().Be(SipStatus.Unauthorized);
        if (request.IsInvite)
        {
            var ack = SipRequest.Create(
                SipMethod.Ack,
                request.RequestUri,
                request.From,
                challenge.To,
                request.CallId,
                request.CSeq.Number
            );
            ack.Headers.AddFirst(SipHeaderId.Via, request.Headers[SipHeaderId.Via]!);
            Post(ack);
        }
        var answer = WithPassword(request, challenge);
        Send(answer);
        return answer;
    }

    public void Register()
    {
        var response = Ask(Request(SipMethod.Register, (SipHeaderId.Contact, Contact)));
        response.StatusCode.Should().Be(SipStatus.Ok, response.ToString());
    }

    /// <summary>The next final response; requests that come meanwhile wait.</summary>
    public SipResponse ReceiveFinal()
    {
        while (true)
        {
            switch (Receive())
            {
                case SipResponse { IsFinal: true } response:
                    return response;
                case SipRequest request:
                    _passedOver.Enqueue(request);
                    break;
            }
        }
    }

    /// <summary>The next request, answered when a status is given.</summary>
    public SipRequest ReceiveRequest(string method, int status = SipStatus.Ok)
    {
        var request = _passedOver.TryDequeue(out var waiting) ? (SipRequest)waiting : NextRequest();
        request.Method.Should().Be(method);
        if (status > 0)
        {
            Answer(request, status);
        }
        return request;
    }

    public void Answer(SipRequest request, int status) => Post(SipResponse.Create(request, status, toTag: _user));

    /// <summary>Nothing comes for this long.</summary>
    public void ExpectSilence(int milliseconds)
    {
        _socket.Client.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead).Should().BeFalse();
    }

    private SipRequest NextRequest()
    {
        while (true)
        {
            if (Receive() is SipRequest request)
            {
                return request;
            }
        }
    }

    private SipMessage Receive()
    {
        var from = new IPEndPoint(IPAddress.Any, 0);
        return SipParser.Parse(_socket.Receive(ref from));
    }

    private SipRequest WithPassword(SipRequest request, SipResponse challenge) =>
        new DigestClient(new SipCredentials(_user, $"{_user}-secret")).Answer(request, challenge)!;

    public void Dispose() => _socket.Dispose();
}
