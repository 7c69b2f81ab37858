using System.Globalization;
using OCPlatform.Contracts.Calls;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>
/// Watches the calls of this node as they pass the gateway, and tells of each change (the machine of RFC 4235 §3.7.1). It
/// holds a call from its INVITE until the gateway forgets it. Not thread-safe: the gateway's own.
/// </summary>
internal sealed class CallStates(Action<WatchedDialog> changed)
{
    private readonly Dictionary<CallId, WatchedDialog> _dialogs = [];
    private long _last;

    /// <summary>An INVITE was admitted as this call.</summary>
    public void OnInvite(CallId call, SipRequest invite) =>
        Begin(
            call,
            new WatchedDialog(
                NextId(),
                ResourceOf(invite.RequestUri),
                Initiator: false,
                WatchedState.Trying,
                null,
                invite.To.Uri,
                IsPrivate(invite) ? null : Plain(invite.From),
                invite.CallId,
                call.Value,
                invite.From.Tag
            )
        );

    /// <summary>A call placed here: its INVITE is sent.</summary>
    public void OnInviteSent(CallId call, SipRequest invite)
    {
        if (_dialogs.ContainsKey(call))
        {
            return; // The same call with credentials, or to its next target.
        }
        Begin(
            call,
            new WatchedDialog(
                NextId(),
                ResourceOf(invite.From.Uri),
                Initiator: true,
                WatchedState.Trying,
                null,
                invite.From.Uri,
                Plain(invite.To),
                invite.CallId,
                invite.From.Tag,
                null
            )
        );
    }

    /// <summary>The INVITE of the call is answered, by us or, for a call placed here, by the peer.</summary>
    /// <param name="remoteTag">The peer's To tag, for a call placed here.</param>
    public void OnInviteResponse(CallId call, int status, string? remoteTag = null)
    {
        if (!_dialogs.TryGetValue(call, out var dialog) || dialog.State >= WatchedState.Confirmed)
        {
            return; // Unknown, or a re-INVITE.
        }
        var state = status switch
        {
            <= 100 => dialog.State,
            < 200 when dialog.Initiator && remoteTag is null => WatchedState.Proceeding,
            < 200 => WatchedState.Early,
            < 300 => WatchedState.Confirmed,
            _ => WatchedState.Terminated,
        };
        WatchedEvent? because =
            state != WatchedState.Terminated ? null
            : status == SipStatus.RequestTerminated ? WatchedEvent.Cancelled
            : WatchedEvent.Rejected;
        if (state > dialog.State)
        {
            Change(call, dialog with { State = state, Event = because, RemoteTag = remoteTag ?? dialog.RemoteTag });
        }
    }

    /// <summary>A BYE passed: the peer's, or our own.</summary>
    public void OnBye(CallId call, bool fromPeer)
    {
        if (_dialogs.TryGetValue(call, out var dialog))
        {
            End(call, dialog, fromPeer ? WatchedEvent.RemoteBye : WatchedEvent.LocalBye);
        }
    }

    /// <summary>The call is over, whatever was seen of its end.</summary>
    public void OnForgotten(CallId call)
    {
        if (_dialogs.TryGetValue(call, out var dialog))
        {
            End(call, dialog, dialog.State == WatchedState.Confirmed ? WatchedEvent.LocalBye : WatchedEvent.Error);
            _dialogs.Remove(call);
        }
    }

    /// <summary>What an address is watched by: its user part, or the host when it has none.</summary>
    public static string ResourceOf(SipUri uri) =>
        uri.UnescapedUser is { Length: > 0 } user ? user : uri.Host.ToLowerInvariant();

    private void Begin(CallId call, WatchedDialog dialog) => Change(call, dialog);

    private void End(CallId call, WatchedDialog dialog, WatchedEvent because)
    {
        if (dialog.State != WatchedState.Terminated)
        {
            Change(call, dialog with { State = WatchedState.Terminated, Event = because });
        }
    }

    private void Change(CallId call, WatchedDialog dialog)
    {
        _dialogs[call] = dialog;
        changed(dialog);
    }

    private string NextId() => "d" + (++_last).ToString(CultureInfo.InvariantCulture);

    private static NameAddress Plain(NameAddress address) =>
        new(
            address.Uri with
            {
                Parameters = SipParameters.Empty,
                Headers = null,
                Password = null,
            },
            address.DisplayName
        );

    /// <summary>RFC 3323 §4.2, RFC 3325 §9.3: whose name may not be shown.</summary>
    private static bool IsPrivate(SipRequest invite) =>
        invite.Headers[SipHeaderId.Privacy] is { } privacy
        && privacy
            .Split([';', ','], StringSplitOptions.TrimEntries)
            .Any(value => value.ToLowerInvariant() is "id" or "user" or "header");
}
