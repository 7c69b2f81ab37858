using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>Does what the session asks for, and tells what it tells.</summary>
public sealed partial class SipCall
{
    private readonly Dictionary<string, TaskCompletionSource<int>> _referrals = [];
    private TaskCompletionSource<SipInviteResult>? _change;
    private SipResponse? _success;
    private ReadOnlyMemory<byte> _remoteDescription;
    private bool _draining;

    /// <summary>Provisional responses, on the loop; their body may be early media's SDP.</summary>
    public Action<SipResponse>? OnProgress { get; set; }

    /// <summary>
    /// The peer's offer in a re-INVITE, UPDATE or PRACK: gets it (empty when one of ours is wanted), gives the answer (or offer); empty
    /// refuses with 488. Null: every one is refused with 488. On the loop.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? OnReinvite { get; set; }

    /// <summary>
    /// The peer's REFER: 202 accepts it, to be followed by <see cref="SipSession.ReportReferral"/>; any final status from 300 on refuses. Null:
    /// every one is refused with 603. On the loop.
    /// </summary>
    public Func<SipSessionEvent.ReferralRequested, int>? OnRefer { get; set; }

    /// <summary>Everything that the session tells, in order, on the loop.</summary>
    public Action<SipSessionEvent>? OnEvent { get; set; }

    private void Drain()
    {
        if (_draining)
        {
            // A callback used a verb: the loop below takes what came of it.
            return;
        }
        _draining = true;
        try
        {
            while (_session!.TryTake(out var action))
            {
                if (action is SipSessionEvent e)
                {
                    On(e);
                    OnEvent?.Invoke(e);
                }
                else
                {
                    Perform(action);
                }
            }
        }
        finally
        {
            _draining = false;
        }
        _dialogState = _session.Dialog;
        if (_success is { } success)
        {
            _success = null;
            _answered.TrySetResult(new(success.StatusCode, success.ReasonPhrase, _remoteDescription, success));
        }
        Arm();
    }

    private void Perform(SipSessionAction action)
    {
        switch (action)
        {
            case SipSessionAction.Send send:
                _agent.Requests.Send(
                    this,
                    send.Key,
                    send.Request,
                    send.OpensDialog ? _destination : DestinationOf(send.NextHop),
                    _digest
                );
                break;
            case SipSessionAction.SendStateless stateless:
                stateless.Request.Headers.Remove(SipHeaderId.Via);
                _agent.SendStateless(stateless.Request, DestinationOf(stateless.NextHop));
                break;
            case SipSessionAction.Respond respond:
                _agent.Endpoint.Respond(new SipTransactionId(respond.Transaction), respond.Response);
                break;
            case SipSessionAction.Retransmit again:
                _agent.Endpoint.Respond(new SipTransactionId(again.Transaction), again.Response);
                break;
            case SipSessionAction.Cancel cancel:
                _agent.Requests.Cancel(this, cancel.Key);
                break;
        }
    }

    private void On(SipSessionEvent e)
    {
        var now = _agent.Endpoint.Now;
        switch (e)
        {
            case SipSessionEvent.Progress progress:
                OnProvisional(progress);
                break;
            case SipSessionEvent.Established { Response: { } response }:
                _state = SipCallState.Answered;
                _times = _times with { Answered = Elapsed };
                _remoteDescription = _remoteDescription.IsEmpty ? response.Body : _remoteDescription;
                _success = response;
                break;
            case SipSessionEvent.AnswerReceived answer:
                _remoteDescription = answer.Body;
                Complete(new(SipStatus.Ok, "OK", answer.Body, null));
                break;
            case SipSessionEvent.OfferRejected rejected:
                Complete(new(rejected.Status, SipStatus.ReasonOf(rejected.Status), default, rejected.Response));
                break;
            case SipSessionEvent.OfferWanted { Carrier: not SipOfferCarrier.Invite }:
                Reply(OnReinvite?.Invoke(default) ?? default, now);
                break;
            case SipSessionEvent.OfferReceived { Carrier: not SipOfferCarrier.Invite } offer:
                OnOffer(offer, now);
                break;
            case SipSessionEvent.ReferralRequested referral:
                var status = OnRefer?.Invoke(referral) ?? SipStatus.Decline;
                _ =
                    status < 300
                        ? _session!.AcceptReferral(referral.Id, now)
                        : _session!.RejectReferral(referral.Id, status, null, now);
                break;
            case SipSessionEvent.ReferralProgress { Final: true } progress:
                if (_referrals.Remove(progress.Id, out var waiting))
                {
                    waiting.TrySetResult(progress.Status);
                }
                break;
            case SipSessionEvent.Ended { End: var end }:
                _state = SipCallState.Ended;
                _answered.TrySetResult(
                    new(
                        end.Status ?? SipStatus.RequestTerminated,
                        end.Detail,
                        end.Response?.Body ?? default,
                        end.Response
                    )
                );
                Complete(new(SipStatus.CallDoesNotExist, "The call ended", default, null));
                break;
            case SipSessionEvent.Closed:
                Close(EndOf(_session!.End!));
                break;
        }
    }

    private void OnProvisional(SipSessionEvent.Progress progress)
    {
        _times = _times with { Trying = _times.Trying ?? Elapsed };
        if (progress.Status > SipStatus.Trying && _state is SipCallState.Calling or SipCallState.Ringing)
        {
            _times = _times with { Ringing = _times.Ringing ?? Elapsed };
            _state = SipCallState.Ringing;
        }
        OnProgress?.Invoke(progress.Response);
    }

    private void OnOffer(SipSessionEvent.OfferReceived offer, TimeSpan now)
    {
        // The offer of the first 2xx, or of a 1xx before it, is what the caller delayed; any other changes the session.
        var first = offer.Early || _success is not null;
        var answer = first && _request?.AnswerOffer is { } delayed ? delayed : OnReinvite;
        if (first)
        {
            _remoteDescription = offer.Body;
        }
        Reply(answer?.Invoke(offer.Body) ?? default, now);
    }

    private void Reply(ReadOnlyMemory<byte> description, TimeSpan now)
    {
        if (description.IsEmpty)
        {
            _session!.RejectOffer(SipStatus.NotAcceptableHere, null, now);
        }
        else
        {
            _session!.AcceptOffer(description, now);
        }
    }

    private void Complete(SipInviteResult change)
    {
        _change?.TrySetResult(change);
        _change = null;
    }

    private void Arm()
    {
        var deadline = _session!.Deadline;
        if (deadline == _armedFor)
        {
            return;
        }
        _timer?.Cancel();
        _armedFor = deadline;
        _timer =
            deadline == TimeSpan.MaxValue
                ? null
                : _agent.Endpoint.Schedule(
                    deadline - _agent.Endpoint.Now,
                    () =>
                    {
                        _armedFor = TimeSpan.MaxValue;
                        _session.OnDeadline(_agent.Endpoint.Now);
                        Drain();
                    }
                );
    }

    private void Close(SipCallEnd end)
    {
        if (_ended.Task.IsCompleted)
        {
            return;
        }
        _state = SipCallState.Ended;
        _times = _times with { Ended = Elapsed };
        _agent.Remove(this, _inviteTransaction);
        _answered.TrySetResult(
            new(end.StatusCode == 0 ? SipStatus.RequestTerminated : end.StatusCode, end.Reason, default, null)
        );
        Complete(new(SipStatus.CallDoesNotExist, "The call ended", default, null));
        foreach (var referral in _referrals.Values)
        {
            referral.TrySetResult(SipStatus.RequestTimeout);
        }
        _referrals.Clear();
        _ended.TrySetResult(end);
    }

    private static SipCallEnd EndOf(SipSessionEnd end)
    {
        var cause = end.Cause switch
        {
            SipEndCause.HungUp when end.By == SipEndedBy.Us => SipCallEndCause.LocalHangUp,
            SipEndCause.HungUp => SipCallEndCause.RemoteHangUp,
            SipEndCause.Cancelled => SipCallEndCause.Cancelled,
            SipEndCause.Rejected => SipCallEndCause.Rejected,
            SipEndCause.NotAnswered or SipEndCause.NoResponse => SipCallEndCause.Timeout,
            SipEndCause.NoAck => SipCallEndCause.NoAck,
            SipEndCause.TransportError => SipCallEndCause.TransportError,
            _ => SipCallEndCause.Lost,
        };
        return new(cause, end.Status ?? 0, end.Reasons.Count > 0 ? string.Join(", ", end.Reasons) : end.Detail);
    }

    /// <summary>In-dialog requests go to the dialog's next hop; a host name there leaves the way the INVITE went.</summary>
    private SipDestination DestinationOf(SipUri nextHop) => SipDestination.FromUri(nextHop) ?? _destination;
}
