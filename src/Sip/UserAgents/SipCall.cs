using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>
/// One call of a <see cref="SipUserAgent"/>, either direction. Set-up and end are in <c>SipCall.Outgoing.cs</c> and
/// <c>SipCall.Incoming.cs</c>, what happens within the dialog in <c>SipCall.InDialog.cs</c>.
/// </summary>
public sealed partial class SipCall : IClientTransactionUser
{
    private readonly SipUserAgent _agent;
    private readonly TaskCompletionSource<SipInviteResult> _answered = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private readonly TaskCompletionSource<SipCallEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SipDestination _destination;
    private readonly long _startedAt;
    private readonly string _localTag;
    private SipDialog? _dialog;
    private volatile SipCallState _state = SipCallState.Calling;
    private volatile SipCallTimes _times = new();

    private SipCall(SipUserAgent agent, string callId, string localTag, SipDestination destination, SipRequest invite)
    {
        _agent = agent;
        CallId = callId;
        _localTag = localTag;
        _destination = destination;
        _invite = invite;
        _startedAt = agent.Time.GetTimestamp();
    }

    public string CallId { get; }

    public bool IsIncoming { get; private init; }

    public SipCallState State => _state;

    public SipCallTimes Times => _times;

    /// <summary>The INVITE as sent last, or as received.</summary>
    public SipRequest Invite => _invite;

    /// <summary>The dialog's values now; null before there is one.</summary>
    public SipDialogState? Dialog => _dialog?.State;

    /// <summary>
    /// Completes with the final response to the INVITE (after the ACK of a 2xx was sent), or with the reason why there is none. Never faults.
    /// </summary>
    public Task<SipInviteResult> Answered => _answered.Task;

    /// <summary>Completes when the call is over, however it ended. Never faults.</summary>
    public Task<SipCallEnd> Ended => _ended.Task;

    /// <summary>Provisional responses, on the loop; their body may be early media's SDP.</summary>
    public Action<SipResponse>? OnProgress { get; set; }

    /// <summary>
    /// The peer's re-INVITE: gets its offer (empty when delayed), gives the answer (or offer); empty refuses with 488. Null: every re-INVITE is
    /// refused with 488. On the loop.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? OnReinvite { get; set; }

    /// <summary>
    /// Ends the call: CANCEL, 603 or BYE, as its state asks for. Completes when it is over; after the deadline it is over without the peer.
    /// </summary>
    public Task<SipCallEnd> HangUpAsync(TimeSpan deadline)
    {
        if (
            !_agent.Endpoint.Post(() =>
            {
                HangUpOnLoop();
                if (_state != SipCallState.Ended)
                {
                    _agent.Endpoint.Schedule(
                        deadline,
                        () => End(SipCallEndCause.Timeout, SipStatus.RequestTimeout, "No answer to our hang-up")
                    );
                }
            })
        )
        {
            _agent.Endpoint.Post(Refuse);
            _ended.TrySetResult(new(SipCallEndCause.TransportError, 0, "The endpoint is stopped"));
        }
        return Ended;
    }

    internal string Key => SipUserAgent.KeyOf(CallId, _localTag);

    /// <summary>The endpoint took nothing of it.</summary>
    internal void Refuse()
    {
        _answered.TrySetResult(new(SipStatus.ServiceUnavailable, "Refused by the endpoint", default, null));
        _ended.TrySetResult(
            new(SipCallEndCause.TransportError, SipStatus.ServiceUnavailable, "Refused by the endpoint")
        );
        _state = SipCallState.Ended;
    }

    void IClientTransactionUser.OnResponse(SipTransactionId id, SipResponse response)
    {
        if (id == _inviteId)
        {
            OnInviteResponse(response);
        }
        else if (id == _byeId && response.IsFinal)
        {
            EndByBye(response);
        }
        else if (id == _reinviteId)
        {
            OnReinviteResponse(response);
        }
    }

    void IClientTransactionUser.OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        if (id == _inviteId && !_answered.Task.IsCompleted)
        {
            FailOutgoing(end);
        }
        else if (id == _byeId)
        {
            End(SipCallEndCause.LocalHangUp, 0, end == SipTransactionEnd.Completed ? "BYE" : $"BYE: {end}");
        }
        else if (id == _reinviteId)
        {
            FailReinvite($"INVITE: {end}");
            _reinviteId = null;
        }
    }

    private TimeSpan Elapsed => _agent.Time.GetElapsedTime(_startedAt);

    private void HangUpOnLoop()
    {
        switch (_state)
        {
            case SipCallState.Ended:
                break;
            case SipCallState.Answered:
                SendBye();
                break;
            default:
                if (IsIncoming)
                {
                    RejectOnLoop(SipStatus.Decline);
                }
                else
                {
                    CancelOnLoop(SipCallEndCause.Cancelled);
                }
                break;
        }
    }

    private void End(SipCallEndCause cause, int status, string reason)
    {
        if (_state == SipCallState.Ended)
        {
            return;
        }
        _state = SipCallState.Ended;
        _times = _times with { Ended = Elapsed };
        _deadline?.Cancel();
        StopAckWait();
        _agent.Remove(this);
        _answered.TrySetResult(new(status == 0 ? SipStatus.RequestTerminated : status, reason, default, null));
        FailReinvite("The call ended");
        _ended.TrySetResult(new(cause, status, reason));
    }

    /// <summary>In-dialog requests go to the dialog's next hop; a host name there leaves the way the INVITE went.</summary>
    private SipDestination DestinationOf(SipDialog dialog) => SipDestination.FromUri(dialog.NextHop) ?? _destination;
}
