using System.ComponentModel.DataAnnotations;
using System.Net;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>Settings of a <see cref="SipUserAgent"/>.</summary>
public sealed class SipUserAgentOptions
{
    public SipEndpointOptions Endpoint { get; set; } = new();

    /// <summary>User part of Contact, and of From when a call names none.</summary>
    public string User { get; set; } = "ocplatform";

    /// <summary>Host of From when a call names none; null: our own address.</summary>
    public string? Domain { get; set; }

    /// <summary>Answers digest challenges; null: a challenged request has failed.</summary>
    public SipCredentials? Credentials { get; set; }

    /// <summary>User-Agent and Server header.</summary>
    public string Product { get; set; } = "OCPlatform";

    /// <summary>How its calls treat session timers, PRACK and REFER; timers and product are those above.</summary>
    public SipSessionOptions Session { get; set; } = new();

    /// <summary>Calls at once, both directions; above it calls out are refused and calls in get 486.</summary>
    [Range(1, 1_000_000)]
    public int MaxCalls { get; set; } = 10_000;

    /// <summary>Told of an incoming call, on the loop; null: they get 480.</summary>
    public Action<SipCall>? OnIncomingCall { get; set; }
}

/// <summary>A call to place.</summary>
public sealed record SipCallRequest
{
    /// <summary>Request-URI and To.</summary>
    public required SipUri Target { get; init; }

    /// <summary>Where to send the INVITE; null: where <see cref="Target"/> points, which then has an IP address.</summary>
    public SipDestination? Destination { get; init; }

    public NameAddress? From { get; init; }

    /// <summary>Body of the INVITE; empty: a delayed offer, see <see cref="AnswerOffer"/>.</summary>
    public ReadOnlyMemory<byte> Offer { get; init; }

    /// <summary>Delayed offer: makes the answer, sent in the ACK, from the offer in the 2xx. Called on the loop.</summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? AnswerOffer { get; init; }

    /// <summary>Instead of those of the user agent.</summary>
    public SipCredentials? Credentials { get; init; }

    /// <summary>Further headers of the INVITE.</summary>
    public IReadOnlyList<SipHeader> Headers { get; init; } = [];

    /// <summary>The dialog at the target that this call takes the place of (RFC 3891).</summary>
    public SipReplaces? Replaces { get; init; }

    /// <summary>How long it may ring before it is cancelled.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>What became of an INVITE.</summary>
/// <param name="StatusCode">The final status; 408 when none came, 503 when it could not be sent.</param>
/// <param name="Reason">Its reason phrase, or what went wrong on our side.</param>
/// <param name="Body">Body of the final response: the SDP answer (or offer, when ours was delayed).</param>
/// <param name="Response">The final response; null when none came.</param>
public sealed record SipInviteResult(int StatusCode, string Reason, ReadOnlyMemory<byte> Body, SipResponse? Response)
{
    public bool IsSuccess => StatusCode is >= 200 and < 300;
}

/// <summary>What ended a call.</summary>
public enum SipCallEndCause
{
    /// <summary>We sent BYE.</summary>
    LocalHangUp,

    /// <summary>The peer sent BYE.</summary>
    RemoteHangUp,

    /// <summary>Cancelled before it was answered, by the caller's side.</summary>
    Cancelled,

    /// <summary>Answered with 3xx–6xx, by either side.</summary>
    Rejected,

    /// <summary>No final response, or not within <see cref="SipCallRequest.AnswerWithin"/>.</summary>
    Timeout,

    /// <summary>Our 2xx was never acknowledged.</summary>
    NoAck,

    /// <summary>A message could not be sent, or the endpoint refused it.</summary>
    TransportError,

    /// <summary>The session timer ran out, or the peer knew nothing of the dialog any more.</summary>
    Lost,
}

/// <summary>Why a call ended.</summary>
/// <param name="Cause">Whose doing.</param>
/// <param name="StatusCode">The SIP status that goes with it; 0 after BYE.</param>
/// <param name="Reason">Reason phrase, or the Reason header of the peer's BYE.</param>
public sealed record SipCallEnd(SipCallEndCause Cause, int StatusCode, string Reason);

/// <summary>How far a call has come.</summary>
public enum SipCallState
{
    /// <summary>INVITE sent or received, nothing answered.</summary>
    Calling,

    /// <summary>A provisional response above 100 was received or sent.</summary>
    Ringing,
    Answered,
    Ended,
}

/// <summary>Moments of a call's set-up, as time since its INVITE was handed to the endpoint (or came in); null: not reached.</summary>
public sealed record SipCallTimes
{
    public TimeSpan? Trying { get; init; }
    public TimeSpan? Ringing { get; init; }
    public TimeSpan? Answered { get; init; }
    public TimeSpan? Ended { get; init; }
}
