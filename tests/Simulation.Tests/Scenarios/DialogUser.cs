using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// The least that can use a <see cref="SipDialog"/>, either side: one call, with requests within it both ways, glare, target refresh and BYE
/// from either end. No session descriptions, no niceties: what breaks here is the dialog or the transactions below it.
/// </summary>
internal sealed partial class DialogUser(DialogUserState state) : Core
{
    private readonly SipDialog? _restored = state.Dialog is { } dialog ? new SipDialog(dialog) : null;
    private SipDialog? _dialog;
    private AckWait? _wait;

    /// <summary>The dialog of this side; null before there is one.</summary>
    public SipDialogState? Dialog => _dialog?.State;

    public bool IsOver => state.IsOver;

    public override Core Restore()
    {
        state.Dialog = _dialog?.State;
        return new DialogUser(state.Copy());
    }

    public override void OnStarted()
    {
        _dialog = _restored;
        _wait = state.Unacknowledged is { } open ? new AckWait(World.Timers, open.SentAt, open.CSeq) : null;
        foreach (var plan in state.Plans)
        {
            var after = plan.At > World.Now ? plan.At - World.Now : TimeSpan.Zero;
            Host.After(after, () => Do(plan));
        }
        if (state.IncomingId is not null)
        {
            Host.After(Dice.Ms(2_000), AnswerCall);
        }
        if (state.InviteId is { } invite && _dialog is not null)
        {
            // What came of it may have been told while we were down; waiting for ever would refuse every INVITE of the peer with 491.
            Host.After(World.Timeout, () => state.InviteId = state.InviteId == invite ? null : state.InviteId);
        }
    }

    // --- Verbs ---

    private void Do(DialogPlan plan)
    {
        state.Plans.Remove(plan);
        switch (plan.Verb)
        {
            case DialogVerb.Call:
                Call();
                break;
            case DialogVerb.Cancel when state.InviteId is { } invite && _dialog?.State.Confirmed != true:
                Host.Cancel(new SipTransactionId(invite));
                break;
            case DialogVerb.Move when IsUp:
                state.Moves++;
                RefreshTarget();
                break;
            case DialogVerb.Info when IsUp:
                Send(SipMethod.Info);
                break;
            case DialogVerb.Update when IsUp:
                RefreshTarget();
                break;
            case DialogVerb.Reinvite when IsUp && state.InviteId is null:
                StartInvite(_dialog!.CreateRequest(SipMethod.Invite), NextHop);
                break;
            case DialogVerb.HangUp:
                HangUp();
                break;
        }
    }

    /// <summary>
    /// Confirmed, acknowledged and not being hung up. A callee that speaks before the ACK may be ahead of its own 2xx.
    /// </summary>
    public bool IsUp => _dialog?.State.Confirmed == true && _wait is null && !state.IsOver && !state.ByeSent;

    private SipUri Contact
    {
        get
        {
            var contact = Host.Contact(SipDestination.Parse(state.PeerDestination).Transport);
            return contact with { User = $"{contact.User}-{state.Moves}" };
        }
    }

    private void Call()
    {
        var invite = SipRequest.Create(
            SipMethod.Invite,
            SipUri.Parse($"sip:{state.Peer}@example.com"),
            NameAddress.Parse($"<sip:{Host.Name}@example.com>;tag={World.NewTag()}"),
            callId: "call"
        );
        invite.Contact = new NameAddress(Contact);
        StartInvite(invite, SipDestination.Parse(state.PeerDestination));
    }

    private void StartInvite(SipRequest invite, SipDestination destination)
    {
        // Before it starts: a transport may fail at once, and the end is told within the call.
        Host.AddVia(invite, destination.Transport);
        state.Invite = invite.ToBytes();
        state.InviteId = TransactionLayer.ClientIdOf(invite).Value;
        Host.Start(invite, destination);
    }

    private void RefreshTarget()
    {
        _dialog!.SetLocalTarget(Contact);
        Send(SipMethod.Update);
    }

    private void Send(string method) => Host.Start(_dialog!.CreateRequest(method), NextHop);

    private void HangUp()
    {
        if (IsUp)
        {
            state.ByeSent = true;
            Send(SipMethod.Bye);
        }
        else if (_dialog?.State.Confirmed != true && state.InviteId is { } invite)
        {
            Host.Cancel(new SipTransactionId(invite));
        }
        else if (_wait is not null)
        {
            state.WantsHangUp = true;
        }
        else if (state.IncomingId is not null)
        {
            Respond(new SipTransactionId(state.IncomingId), Parse(state.Incoming!), SipStatus.Decline);
            state.IncomingId = null;
            state.IsOver = true;
        }
    }

    public override void OnRebound()
    {
        if (IsUp)
        {
            RefreshTarget();
        }
    }

    // --- Responses to own requests ---

    public override void OnResponse(SipTransactionId id, SipResponse response)
    {
        var (cseq, method) = response.CSeq;
        if (response.IsProvisional)
        {
            return;
        }
        if (method == SipMethod.Invite)
        {
            OnInviteResponse(id, response, cseq);
        }
        else if (method == SipMethod.Bye || response.StatusCode == SipStatus.CallDoesNotExist)
        {
            state.IsOver = true;
        }
        else if (method == SipMethod.Update && response.IsSuccess)
        {
            _dialog!.RefreshTarget(response);
        }
    }

    private void OnInviteResponse(SipTransactionId id, SipResponse response, uint cseq)
    {
        var isOpen = state.InviteId == id.Value;
        if (isOpen)
        {
            state.InviteId = null;
        }
        if (response.IsSuccess)
        {
            if (isOpen)
            {
                Confirm(response, cseq);
            }
            if (state.Acks.TryGetValue(cseq, out var ack))
            {
                Host.SendStateless(ack.Message, SipDestination.Parse(ack.Destination));
            }
        }
        else if (response.StatusCode == SipStatus.RequestPending && IsUp)
        {
            // RFC 3261 §14.1: the owner of the Call-ID waits longer.
            var owner = _dialog!.State.Role == SipDialogRole.Uac;
            var after = owner ? Dice.Between(210, 400) : Dice.Below(201);
            World.Count("glare");
            Plan(TimeSpan.FromMilliseconds(after * 10), DialogVerb.Reinvite);
        }
        else if (_dialog?.State.Confirmed != true || response.StatusCode == SipStatus.CallDoesNotExist)
        {
            state.IsOver = true;
        }
    }

    private void Confirm(SipResponse response, uint cseq)
    {
        var invite = Parse(state.Invite!);
        if (_dialog is null)
        {
            _dialog = SipDialog.CreateUac(invite, response);
            World.Count("established");
        }
        else
        {
            _dialog.RefreshTarget(response);
        }
        var ack = _dialog!.CreateAck(invite);
        Host.AddVia(ack, NextHop.Transport);
        state.Acks[cseq] = new SentAck(ack.ToBytes(), NextHop.ToString());
        if (_dialog.State.LocalTarget != Contact.ToString())
        {
            // The NAT has moved us while the INVITE was under way, and the peer knows the old address.
            RefreshTarget();
        }
    }

    public override void OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        if (end == SipTransactionEnd.Completed)
        {
            return;
        }
        var isInvite = state.InviteId == id.Value;
        if (isInvite)
        {
            state.InviteId = null;
        }
        // A request that nobody answered ends the dialog (RFC 3261 §12.2.1.2), a BYE in any case.
        if (Host.IsOwn(id))
        {
            World.Count($"lost by {end}");
            HangUpAfterLoss(isInvite);
        }
    }

    private void HangUpAfterLoss(bool wasInvite)
    {
        if (state.ByeSent || (wasInvite && _dialog is null))
        {
            state.IsOver = true;
        }
        else
        {
            HangUp();
        }
    }

    private void Plan(TimeSpan after, DialogVerb verb)
    {
        var plan = new DialogPlan(World.Now + after, verb);
        state.Plans.Add(plan);
        Host.After(after, () => Do(plan));
    }

    private SipDestination NextHop => SipDestination.FromUri(_dialog!.NextHop)!;

    private static SipRequest Parse(byte[] bytes) => (SipRequest)SipParser.Parse(bytes);
}
