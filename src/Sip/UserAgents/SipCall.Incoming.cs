using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.UserAgents;

/// <summary>The callee's side: ring, answer, reject (RFC 3261 §13.3).</summary>
public sealed partial class SipCall
{
    private SipTransactionId? _incomingId;
    private AckWait? _ackWait;
    private LoopTimer? _ackTimer;
    private SipTransactionId? _ackWaitId;
    private ReadOnlyMemory<byte> _ackWaitResponse;
    private int _ackWaitStatus;

    internal static SipCall? CreateIncoming(SipUserAgent agent, SipServerRequest incoming)
    {
        var tag = SipToken.NewTag();
        var dialog = SipDialog.CreateUas(incoming.Request, tag, agent.ContactFor(incoming.Flow.Remote));
        return dialog is null
            ? null
            : new SipCall(agent, incoming.Request.CallId, tag, incoming.Flow.Remote, incoming.Request)
            {
                IsIncoming = true,
                _dialog = dialog,
                _incomingId = incoming.TransactionId,
            };
    }

    /// <summary>Sends 180, or 183 with a body for early media.</summary>
    public void Ring(ReadOnlyMemory<byte> earlyMedia = default) =>
        _agent.Endpoint.Post(() =>
        {
            if (IsIncoming && _state is SipCallState.Calling or SipCallState.Ringing)
            {
                _state = SipCallState.Ringing;
                _times = _times with { Ringing = _times.Ringing ?? Elapsed };
                RespondToInvite(earlyMedia.IsEmpty ? SipStatus.Ringing : SipStatus.SessionProgress, earlyMedia);
            }
        });

    /// <summary>Sends 200 with the answer (or offer, when the INVITE had none), again until the ACK comes.</summary>
    public void Answer(ReadOnlyMemory<byte> sessionDescription) =>
        _agent.Endpoint.Post(() =>
        {
            if (!IsIncoming || _state is not (SipCallState.Calling or SipCallState.Ringing))
            {
                return;
            }
            _state = SipCallState.Answered;
            _times = _times with { Answered = Elapsed };
            _dialog!.Confirm();
            var response = RespondToInvite(SipStatus.Ok, sessionDescription);
            AwaitAck(_incomingId!.Value, response, _invite.CSeq.Number);
            _answered.TrySetResult(new(SipStatus.Ok, "OK", _invite.Body, null));
        });

    /// <summary>Refuses with a final status from 300 to 699.</summary>
    public void Reject(int status) => _agent.Endpoint.Post(() => RejectOnLoop(status));

    internal void OnCancelled(SipRequest cancel)
    {
        if (_state is SipCallState.Calling or SipCallState.Ringing)
        {
            RespondToInvite(SipStatus.RequestTerminated, default);
            End(SipCallEndCause.Cancelled, SipStatus.RequestTerminated, cancel.Headers[SipHeaderId.Reason] ?? "CANCEL");
        }
    }

    private void RejectOnLoop(int status)
    {
        if (IsIncoming && _state is SipCallState.Calling or SipCallState.Ringing)
        {
            RespondToInvite(status, default);
            End(SipCallEndCause.Rejected, status, SipStatus.ReasonOf(status));
        }
    }

    private SipResponse RespondToInvite(int status, ReadOnlyMemory<byte> body)
    {
        var response = SipResponse.Create(_invite, status, toTag: _localTag);
        if (status is > 100 and < 300)
        {
            response.Headers.Add(SipHeaderId.Contact, $"<{_dialog!.State.LocalTarget}>");
        }
        response.SetBody(body, "application/sdp");
        _agent.Respond(_incomingId!.Value, response);
        return response;
    }

    /// <summary>Keeps sending the 2xx until its ACK comes (RFC 3261 §13.3.1.4).</summary>
    private void AwaitAck(SipTransactionId id, SipResponse response, uint cseq)
    {
        StopAckWait();
        _ackWait = new AckWait(_agent.Options.Endpoint.Timers, _agent.Endpoint.Now, cseq);
        _ackWaitId = id;
        _ackWaitResponse = response.ToBytes();
        _ackWaitStatus = response.StatusCode;
        ScheduleAckWait();
    }

    private void ScheduleAckWait() =>
        _ackTimer = _agent.Endpoint.Schedule(
            _ackWait!.Deadline - _agent.Endpoint.Now,
            () =>
            {
                switch (_ackWait.OnDeadline(_agent.Endpoint.Now))
                {
                    case AckWaitAction.Retransmit:
                        _agent.Endpoint.Respond(_ackWaitId!.Value, _ackWaitStatus, _ackWaitResponse);
                        break;
                    case AckWaitAction.GiveUp:
                        _cancelCause = SipCallEndCause.NoAck;
                        SendBye();
                        return;
                }
                ScheduleAckWait();
            }
        );

    private void StopAckWait()
    {
        _ackTimer?.Cancel();
        _ackTimer = null;
        _ackWait = null;
    }
}
