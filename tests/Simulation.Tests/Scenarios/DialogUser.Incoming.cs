using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>The peer's requests, and the 2xx that is repeated until its ACK comes.</summary>
internal sealed partial class DialogUser
{
    public override void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow)
    {
        if (request.To.Tag is null)
        {
            OnCall(id!.Value, request);
            return;
        }
        var check = _dialog?.OnRequest(request) ?? SipDialogCheck.OtherDialog;
        if (id is not { } transaction)
        {
            OnAck(request);
        }
        else if (
            check == SipDialogCheck.OtherDialog
            || state.IsOver
            || (state.ByeSent && request.Method != SipMethod.Bye)
        )
        {
            Respond(transaction, request, SipStatus.CallDoesNotExist);
        }
        else if (check == SipDialogCheck.OutOfOrder)
        {
            World.Count("out of order");
            Respond(transaction, request, SipStatus.ServerInternalError);
        }
        else
        {
            OnRequestInDialog(transaction, request);
        }
    }

    private void OnRequestInDialog(SipTransactionId id, SipRequest request)
    {
        switch (request.Method)
        {
            case SipMethod.Bye:
                state.IsOver = true;
                _wait = null;
                state.Unacknowledged = null;
                Respond(id, request, SipStatus.Ok);
                break;
            case SipMethod.Invite when state.InviteId is not null:
                Respond(id, request, SipStatus.RequestPending);
                break;
            case SipMethod.Invite when _wait is not null:
                Respond(id, request, SipStatus.ServerInternalError);
                break;
            case SipMethod.Invite:
                _dialog!.RefreshTarget(request);
                Accept(id, request);
                break;
            case SipMethod.Update:
                _dialog!.RefreshTarget(request);
                Respond(id, request, SipStatus.Ok);
                break;
            default:
                Respond(id, request, SipStatus.Ok);
                break;
        }
    }

    private void OnCall(SipTransactionId id, SipRequest invite)
    {
        state.IncomingId = id.Value;
        state.Incoming = invite.ToBytes();
        _dialog = SipDialog.CreateUas(invite, World.NewTag(), Contact);
        if (Dice.Chance(0.7))
        {
            Respond(id, invite, SipStatus.Ringing);
        }
        Host.After(Dice.Ms(4_000), AnswerCall);
    }

    private void AnswerCall()
    {
        if (state.IncomingId is not { } id || state.IsOver)
        {
            return;
        }
        state.IncomingId = null;
        _dialog!.Confirm();
        Accept(new SipTransactionId(id), Parse(state.Incoming!));
    }

    public override void OnCancel(SipTransactionId invite, SipRequest cancel)
    {
        if (state.IncomingId == invite.Value)
        {
            state.IncomingId = null;
            state.IsOver = true;
            Respond(invite, Parse(state.Incoming!), SipStatus.RequestTerminated);
        }
    }

    private void Accept(SipTransactionId id, SipRequest invite)
    {
        var response = CreateResponse(invite, SipStatus.Ok);
        state.Unacknowledged = new OpenSuccess(id, invite.CSeq.Number, response.ToBytes(), World.Now);
        _wait = new AckWait(World.Timers, World.Now, invite.CSeq.Number);
        Host.Respond(id, response);
    }

    private void OnAck(SipRequest ack)
    {
        if (_wait?.OnAck(ack) == true)
        {
            StopWaiting();
        }
    }

    public override TimeSpan NextDeadline => _wait?.Deadline ?? TimeSpan.MaxValue;

    public override void OnDeadline()
    {
        switch (_wait!.OnDeadline(World.Now))
        {
            case AckWaitAction.Retransmit:
                Host.Respond(state.Unacknowledged!.Id, SipStatus.Ok, state.Unacknowledged.Response);
                break;
            case AckWaitAction.GiveUp:
                World.Count("2xx without ACK");
                state.WantsHangUp = true;
                StopWaiting();
                break;
        }
    }

    private void StopWaiting()
    {
        _wait = null;
        state.Unacknowledged = null;
        if (state.WantsHangUp)
        {
            HangUp();
        }
    }

    private void Respond(SipTransactionId id, SipRequest request, int status) =>
        Host.Respond(id, CreateResponse(request, status));

    private SipResponse CreateResponse(SipRequest request, int status)
    {
        var response = SipResponse.Create(request, status, toTag: _dialog?.State.LocalTag ?? World.NewTag());
        if (status < 300 && request.Method is SipMethod.Invite or SipMethod.Update)
        {
            response.Contact = new NameAddress(Contact);
        }
        return response;
    }
}
