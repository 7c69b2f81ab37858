using System.Globalization;
using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>A 2xx of ours until its ACK: of the first INVITE or a later one (RFC 3261 §13.3.1.4).</summary>
public sealed partial class SipSession
{
    private AckWait? _ackWait;
    private string? _ackTransaction;
    private SipResponse? _ackResponse;

    private void AwaitAck(string transaction, SipResponse response, TimeSpan now)
    {
        _ackWait = new AckWait(_options.Timers, now, response.CSeq.Number);
        _ackTransaction = transaction;
        _ackResponse = response;
    }

    private void OnAck(SipRequest ack, TimeSpan now)
    {
        if (_ackWait is null || _dialog?.Dialog.Matches(ack) != true || !_ackWait.OnAck(ack))
        {
            return;
        }
        OnAcknowledged(ack, now);
    }

    /// <summary>The 2xx arrived: its ACK says so, or a later INVITE of the peer, which overtook it (null).</summary>
    private void OnAcknowledged(SipRequest? ack, TimeSpan now)
    {
        _ackWait = null;
        _ackResponse = null;
        var exchange = _dialog!.Exchange;
        if (_phase == SipSessionPhase.Answered)
        {
            _phase = SipSessionPhase.Established;
            Push(new SipSessionEvent.Established(null));
        }
        // An UPDATE of ours may have gone out since the 2xx: then the open offer is its own, and the answer comes with its response.
        var isOfUpdate = _requests.Values.Any(r => r.Purpose == RequestPurpose.Update && !r.Request.Body.IsEmpty);
        if (
            _phase == SipSessionPhase.Established
            && exchange.State == SipOfferState.LocalOffer
            && !isOfUpdate
            && ack is not null
        )
        {
            // Without a description in it the shell learns that there is no answer, and decides.
            exchange.AnswerReceived();
            Push(new SipSessionEvent.AnswerReceived(DescriptionIn(ack), SipOfferCarrier.Ack, Early: false));
            Push(new SipSessionEvent.SessionChanged());
        }
        SendOwedBye(now);
    }

    private void OnAckDeadline(TimeSpan now)
    {
        switch (_ackWait?.OnDeadline(now))
        {
            case AckWaitAction.Retransmit:
                Push(new SipSessionAction.Retransmit(_ackTransaction!, _ackResponse!));
                break;
            case AckWaitAction.GiveUp:
                _ackWait = null;
                _ackResponse = null;
                EndByBye(
                    SipEndedBy.Network,
                    SipEndCause.NoAck,
                    SipStatus.RequestTimeout,
                    string.Create(CultureInfo.InvariantCulture, $"no ACK for {_options.Timers.Timeout.TotalSeconds} s"),
                    now
                );
                break;
        }
    }
}
