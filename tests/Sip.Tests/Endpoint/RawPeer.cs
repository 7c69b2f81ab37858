using System.Net;
using System.Net.Sockets;
using System.Text;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Endpoint;

/// <summary>A bare UDP socket that sends and receives SIP as text.</summary>
internal sealed class RawPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly UdpClient _socket;
    private readonly IPEndPoint _to;

    public RawPeer(IPEndPoint to)
    {
        _to = to;
        _socket = new UdpClient(new IPEndPoint(to.Address, 0));
    }

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public void Send(string text) => Send(SipSamples.Bytes(SipSamples.Wire(text)));

    public void Send(byte[] bytes) => _socket.Send(bytes, bytes.Length, _to);

    public async Task<string> ReceiveTextAsync()
    {
        using var deadline = new CancellationTokenSource(Patience);
        return Encoding.UTF8.GetString((await _socket.ReceiveAsync(deadline.Token)).Buffer);
    }

    public async Task<SipResponse> ReceiveResponseAsync() => SipSamples.Response(await ReceiveTextAsync());

    /// <summary>The next response but 100, which comes before it when the machine is slow.</summary>
    public Task<SipResponse> ReceiveAnswerAsync() => ReceiveAsync<SipResponse>(response => response.StatusCode != 100);

    /// <summary>The next message that fits; retransmissions of others, which a slow machine sees more of, are passed over.</summary>
    public async Task<T> ReceiveAsync<T>(Func<T, bool> wanted)
        where T : SipMessage
    {
        while (true)
        {
            if (SipSamples.Parse(await ReceiveTextAsync()) is T message && wanted(message))
            {
                return message;
            }
        }
    }

    public async Task<SipRequest> ReceiveRequestAsync() => SipSamples.Request(await ReceiveTextAsync());

    /// <summary>A request from this peer; further lines each end with \n.</summary>
    public string Request(
        string method,
        string branch,
        string callId = "c1",
        uint cseq = 1,
        string toTag = "",
        string lines = "",
        bool rport = true
    ) =>
        $"{method} sip:bob@{_to} SIP/2.0\nVia: SIP/2.0/UDP {_to.Address.ToString().Bracketed()}:{Port};branch={branch}{(rport ? ";rport" : "")}\n"
        + $"From: <sip:raw@peer.example>;tag=raw\nTo: <sip:bob@example.com>{toTag}\nCall-ID: {callId}\nCSeq: {cseq} {method}\nMax-Forwards: 70\n"
        + $"Contact: <sip:raw@{_to.Address.ToString().Bracketed()}:{Port}>\n{lines}\n";

    public void Dispose() => _socket.Dispose();
}

internal static class Brackets
{
    public static string Bracketed(this string address) => address.Contains(':') ? $"[{address}]" : address;
}

/// <summary>Notes what the endpoint reports and answers by script.</summary>
internal sealed class RecordingHandler : ISipHandler
{
    private readonly System.Threading.Channels.Channel<object> _events =
        System.Threading.Channels.Channel.CreateUnbounded<object>();

    public Action<SipServerRequest>? RequestScript { get; set; }

    public void OnRequest(SipServerRequest request)
    {
        _events.Writer.TryWrite(request);
        RequestScript?.Invoke(request);
    }

    public void OnCancel(SipTransactionId invite, SipRequest cancel) =>
        _events.Writer.TryWrite((Cancelled: invite, cancel));

    public void OnResponse(SipTransactionId client, SipResponse response) =>
        _events.Writer.TryWrite((client, response));

    public void OnTransactionEnded(SipTransactionId id, SipTransactionEnd end) => _events.Writer.TryWrite((id, end));

    /// <summary>The next event of this type; others before it are passed over.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? fits = null)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            if (await _events.Reader.ReadAsync(deadline.Token) is T wanted && (fits is null || fits(wanted)))
            {
                return wanted;
            }
        }
    }
}
