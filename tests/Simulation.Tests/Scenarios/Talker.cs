using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// A core right above the transactions, both sides: sends requests of every kind, cancels some, acknowledges; answers what comes in as it
/// pleases and when it pleases, or never.
/// </summary>
internal sealed class Talker(TalkerState state) : Core
{
    private readonly Dictionary<string, AckWait> _waits = [];

    public override Core Restore() => new Talker(state.Copy());

    public override void OnStarted()
    {
        foreach (var plan in state.Plans)
        {
            Host.After(FromNow(plan.At), () => Begin(plan));
        }
        foreach (var (id, open) in state.Open)
        {
            Host.After(FromNow(open.At), () => AnswerAsPlanned(id));
        }
        foreach (var (key, success) in state.Unacknowledged)
        {
            _waits[key] = new AckWait(World.Timers, success.SentAt, success.CSeq);
        }
    }

    // --- Own requests ---

    private void Begin(PlannedRequest plan)
    {
        state.Plans.Remove(plan);
        var destination = SipDestination.Parse(plan.Destination);
        var request = SipRequest.Create(
            plan.Method,
            SipUri.Parse($"sip:{plan.Peer}@example.com"),
            NameAddress.Parse($"<sip:{Host.Name}@example.com>;tag={World.NewTag()}"),
            callId: $"{Host.Name}-{World.NewTag()}"
        );
        request.Contact = new NameAddress(Host.Contact(destination.Transport));
        var id = Host.Start(request, destination);
        if (request.IsInvite)
        {
            state.OwnInvites[id] = new OwnInvite(request.ToBytes(), plan.Destination);
            if (plan.CancelAt is { } cancelAt)
            {
                Host.After(cancelAt, () => Host.Cancel(id));
            }
        }
    }

    public override void OnResponse(SipTransactionId id, SipResponse response)
    {
        if (!response.IsSuccess || !state.OwnInvites.TryGetValue(id, out var own))
        {
            return;
        }
        if (own.Ack is null)
        {
            var invite = (SipRequest)SipParser.Parse(own.Request);
            var dialog = SipDialog.CreateUac(invite, response)!;
            var destination = SipDestination.FromUri(dialog.NextHop)!;
            var ack = dialog.CreateAck(invite);
            Host.AddVia(ack, destination.Transport);
            own = own with { Ack = ack.ToBytes(), AckDestination = destination.ToString() };
            state.OwnInvites[id] = own;
            var bye = dialog.CreateRequest(SipMethod.Bye);
            Host.After(Dice.Ms(3_000), () => Host.Start(bye, destination));
        }
        Host.SendStateless(own.Ack, SipDestination.Parse(own.AckDestination));
    }

    public override void OnEnded(SipTransactionId id, SipTransactionEnd end) => state.OwnInvites.Remove(id);

    // --- Others' requests ---

    public override void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow)
    {
        if (id is not { } transaction)
        {
            OnAck(request);
            return;
        }
        var (status, after) = request.Method switch
        {
            SipMethod.Bye => (200, Dice.Ms(300)),
            SipMethod.Invite => (Dice.Pick(200, 200, 200, 302, 404, 486, 503, 603, 0), Dice.Ms(9_000)),
            _ => (Dice.Pick(200, 200, 202, 302, 405, 500, 0), Dice.Ms(4_000)),
        };
        // One in eight takes longer than the client may be patient.
        after = Dice.Below(8) == 0 ? after * 10 : after;
        var open = new OpenRequest(request.ToBytes(), status, World.Now + after);
        state.Open[transaction] = open;
        for (var i = Dice.Below(request.IsInvite ? 4 : 2); i > 0; i--)
        {
            var provisional = request.IsInvite ? Dice.Pick(100, 180, 183) : 100;
            Host.After(after * Dice.Unit(), () => Respond(transaction, open, provisional));
        }
        Host.After(after, () => AnswerAsPlanned(transaction));
    }

    public override void OnCancel(SipTransactionId invite, SipRequest cancel)
    {
        if (!state.Open.TryGetValue(invite, out var open) || Dice.Below(6) == 0)
        {
            return; // Answered at this moment, or deaf to it.
        }
        var after = Dice.Chance(0.5) ? TimeSpan.Zero : Dice.Ms(1_000);
        state.Open[invite] = open with { Status = 487, At = World.Now + after };
        Host.After(after, () => AnswerAsPlanned(invite));
    }

    private void AnswerAsPlanned(SipTransactionId id)
    {
        if (state.Open.TryGetValue(id, out var open) && open.Status != 0 && open.At <= World.Now)
        {
            Respond(id, open, open.Status);
        }
    }

    private void Respond(SipTransactionId id, OpenRequest open, int status)
    {
        if (!state.Open.ContainsKey(id))
        {
            return;
        }
        var request = (SipRequest)SipParser.Parse(open.Request);
        var response = SipResponse.Create(request, status, toTag: $"u{Host.Index}");
        response.Contact = new NameAddress(Host.Contact(request.TopVia.Transport));
        if (status >= 200)
        {
            state.Open.Remove(id);
        }
        if (Host.Respond(id, response) && response.IsSuccess && request.IsInvite)
        {
            state.Unacknowledged[request.CallId] = new(id, request.CSeq.Number, response.ToBytes(), World.Now);
            _waits[request.CallId] = new AckWait(World.Timers, World.Now, request.CSeq.Number);
        }
    }

    // --- Repeating the 2xx ---

    public override TimeSpan NextDeadline => _waits.Count == 0 ? TimeSpan.MaxValue : _waits.Values.Min(w => w.Deadline);

    public override void OnDeadline()
    {
        foreach (var (key, wait) in _waits.ToArray())
        {
            var success = state.Unacknowledged[key];
            switch (wait.OnDeadline(World.Now))
            {
                case AckWaitAction.Retransmit:
                    Host.Respond(success.Id, SipStatus.Ok, success.Response);
                    break;
                case AckWaitAction.GiveUp:
                    World.Count("2xx without ACK");
                    Forget(key);
                    break;
            }
        }
    }

    private void OnAck(SipRequest ack)
    {
        if (_waits.TryGetValue(ack.CallId, out var wait) && wait.OnAck(ack))
        {
            Forget(ack.CallId);
        }
    }

    private void Forget(string callId)
    {
        _waits.Remove(callId);
        state.Unacknowledged.Remove(callId);
    }

    private TimeSpan FromNow(TimeSpan time) => time > World.Now ? time - World.Now : TimeSpan.Zero;
}
