using System.Diagnostics.CodeAnalysis;
using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>Names the dialog that a new one takes the place of (RFC 3891).</summary>
/// <param name="CallId">Call-ID of that dialog.</param>
/// <param name="ToTag">The tag of whoever receives this: its local tag.</param>
/// <param name="FromTag">The tag of its peer there.</param>
/// <param name="EarlyOnly">Only while that dialog is not answered: else 486.</param>
public sealed record SipReplaces(string CallId, string ToTag, string FromTag, bool EarlyOnly = false)
{
    /// <summary>Reads a Replaces header value: Call-ID and both tags are mandatory (§6.1).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SipReplaces? replaces)
    {
        replaces = null;
        var semicolon = text.IndexOf(';');
        if (semicolon <= 0 || !SipParameters.TryParse(SipText.Bytes(text[semicolon..]), out var parameters))
        {
            return false;
        }
        var callId = text[..semicolon].Trim();
        if (
            callId.Length == 0
            || SipText.Bytes(callId).AsSpan().ContainsAnyExcept(SipCharacters.Word)
            || parameters["to-tag"] is not { Length: > 0 } toTag
            || parameters["from-tag"] is not { Length: > 0 } fromTag
        )
        {
            return false;
        }
        replaces = new(callId, toTag, fromTag, parameters.Contains("early-only"));
        return true;
    }

    /// <summary>The dialog as its owner knows it, named for the peer of that dialog to receive: our tag is its remote one.</summary>
    public static SipReplaces For(SipDialogState dialog, bool earlyOnly = false) =>
        new(dialog.CallId, dialog.RemoteTag, dialog.LocalTag, earlyOnly);

    /// <summary>
    /// What an INVITE that names this may do to the session it names (RFC 3891 §3): null when it may take its place, else the status
    /// that refuses it. The session is the one whose Call-ID and local tag are named; null when there is none.
    /// </summary>
    public int? RefusalFor(SipSessionState? session)
    {
        if (
            session?.Dialog is not { } dialog
            || dialog.CallId != CallId
            || dialog.LocalTag != ToTag
            || dialog.RemoteTag != (FromTag == "0" ? "" : FromTag)
        )
        {
            return SipStatus.CallDoesNotExist;
        }
        return session.Phase switch
        {
            SipSessionPhase.Ended => SipStatus.Decline,
            // A dialog that we did not start can only be replaced once it is answered.
            SipSessionPhase.Inviting when session.Role == SipDialogRole.Uas => SipStatus.CallDoesNotExist,
            SipSessionPhase.Inviting => null,
            _ => EarlyOnly ? SipStatus.BusyHere : null,
        };
    }

    public override string ToString() =>
        $"{CallId};to-tag={ToTag};from-tag={FromTag}{(EarlyOnly ? ";early-only" : "")}";
}
