using System.Collections.Immutable;
using System.Net;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Registrar;

/// <summary>REGISTER requests as text, and the bindings they leave, on a clock of its own.</summary>
internal sealed class Registers
{
    private uint _cseq;

    public RegistrarOptions Options { get; } = new();

    public DateTimeOffset Now { get; set; } = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public ImmutableArray<Binding> All { get; private set; } = [];

    public RegisterFlow Flow { get; set; } = new("UDP", IPEndPoint.Parse("192.0.2.7:5060"), Connected: false);

    /// <summary>The contacts as "uri expires", in order.</summary>
    public IEnumerable<string> Contacts => All.Select(b => $"{b.Contact} {Bindings.SecondsLeft(b, Now)}");

    public RegisterResult Send(params string[] headers) => Send("phone-1", ++_cseq, headers);

    public RegisterResult Send(string callId, uint cseq, params string[] headers)
    {
        var result = Bindings.Register(All, Request(callId, cseq, headers), Flow, Options, Now);
        All = result.All;
        return result;
    }

    public static SipRequest Request(string callId, uint cseq, params string[] headers)
    {
        string[] lines =
        [
            "REGISTER sip:example.com SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1",
            "From: <sip:alice@example.com>;tag=a",
            "To: <sip:alice@example.com>",
            $"Call-ID: {callId}",
            $"CSeq: {cseq} REGISTER",
            "Max-Forwards: 70",
            .. headers,
            "Content-Length: 0",
            "",
            "",
        ];
        return (SipRequest)SipParser.Parse(System.Text.Encoding.UTF8.GetBytes(string.Join("\r\n", lines)));
    }
}
