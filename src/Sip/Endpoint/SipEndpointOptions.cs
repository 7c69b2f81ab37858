using System.ComponentModel.DataAnnotations;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip;

/// <summary>Settings of a <see cref="SipEndpoint"/>.</summary>
public sealed class SipEndpointOptions
{
    public SipTimers Timers { get; set; } = new();

    public TransactionLimits Limits { get; set; } = new();

    public SipParserLimits ParserLimits { get; set; } = SipParserLimits.Default;

    /// <summary>
    /// Received messages that may wait for the loop; one more is dropped and counted, since UDP peers send again.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ReceiveQueue { get; set; } = 4_096;

    /// <summary>
    /// Commands of the core (responses, requests) that may wait for the loop, on top of the messages; one more is refused to its
    /// caller.
    /// </summary>
    [Range(1, 1_000_000)]
    public int CommandQueue { get; set; } = 16_384;

    /// <summary>
    /// A larger request to a UDP destination goes by TCP, where there is such a transport (RFC 3261 §18.1.1: within 200 bytes of the path's MTU,
    /// 1300 when that is not known).
    /// </summary>
    [Range(500, 65_535)]
    public int MaxUdpRequestBytes { get; set; } = 1_300;

    /// <summary>Value of the Server header of responses that the endpoint makes itself; null for none.</summary>
    public string? ServerHeader { get; set; }

    /// <summary>Told of exceptions that a handler let out, on the loop. They never stop it.</summary>
    public Action<Exception>? OnHandlerException { get; set; }

    /// <summary>
    /// Told of refused messages, on the loop: the error and where it came from. Its callee limits its own rate.
    /// </summary>
    public Action<SipParseError, System.Net.IPEndPoint>? OnMalformed { get; set; }

    /// <summary>Decides what is read and which requests get a transaction; null lets everything in.</summary>
    public ISipGatekeeper? Gatekeeper { get; set; }

    /// <summary>Sees every message that passes, for ladders and traces. Sent ones are told on the loop, received ones too; null for none.</summary>
    public ISipTrace? Trace { get; set; }
}

/// <summary>Watches messages on the wire.</summary>
public interface ISipTrace
{
    /// <summary>A well-formed message came in. Who keeps it calls <see cref="SipMessage.Retain"/>.</summary>
    void OnReceived(SipMessage message, Transports.SipFlow flow);

    /// <summary>A message went out, retransmissions included. The bytes must not be kept.</summary>
    void OnSent(ReadOnlySpan<byte> message, Transports.SipDestination destination);
}
