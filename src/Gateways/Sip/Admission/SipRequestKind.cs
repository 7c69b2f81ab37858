using OCPlatform.Contracts.Calls;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>Which part of the gateway a request is for.</summary>
public enum SipRequestKind
{
    /// <summary>Has a To tag, or is an ACK: it belongs to the call that the tag names, or to nothing (RFC 3261 §12.2.2).</summary>
    InDialog,

    /// <summary>An INVITE that opens a call.</summary>
    Call,

    /// <summary>An INVITE that takes the place of a dialog of ours (RFC 3891): it goes to the call that owns it.</summary>
    Replacement,

    /// <summary>OPTIONS (RFC 3261 §11).</summary>
    Options,

    /// <summary>REGISTER (RFC 3261 §10).</summary>
    Register,

    /// <summary>MESSAGE (RFC 3428).</summary>
    Message,

    /// <summary>SUBSCRIBE (RFC 6665).</summary>
    Subscribe,

    /// <summary>Anything else; refused with what is allowed.</summary>
    Other,
}

/// <summary>Sorts requests by who is to serve them.</summary>
internal static class SipRequestKinds
{
    public static SipRequestKind Of(SipRequest request) =>
        request.To.Tag is not null
            ? SipRequestKind.InDialog
            : request.Method switch
            {
                SipMethod.Invite => ReplacedCall(request) is null ? SipRequestKind.Call : SipRequestKind.Replacement,
                SipMethod.Options => SipRequestKind.Options,
                SipMethod.Register => SipRequestKind.Register,
                SipMethod.Message => SipRequestKind.Message,
                SipMethod.Subscribe => SipRequestKind.Subscribe,
                // An ACK without To tag acknowledges nothing.
                SipMethod.Ack => SipRequestKind.InDialog,
                _ => SipRequestKind.Other,
            };

    /// <summary>
    /// The call that an INVITE's Replaces names: its to-tag is our tag of the dialog (RFC 3891 §3). Null when there is no
    /// such header, or it means a dialog that is not ours.
    /// </summary>
    public static CallId? ReplacedCall(SipRequest request)
    {
        if (request.Headers[SipHeaderId.Replaces] is not { } replaces)
        {
            return null;
        }
        var tag = replaces
            .Split(';', StringSplitOptions.TrimEntries)
            .Skip(1)
            .FirstOrDefault(p => p.StartsWith("to-tag=", StringComparison.OrdinalIgnoreCase));
        return CallId.TryParse(tag?["to-tag=".Length..], out var call) ? call : null;
    }
}
