using System.Text;
using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// A thin shell around the real <see cref="SipSession"/>, as a call actor is: hands over what comes in, carries out the actions, tells the events
/// to the checkers. What a person would decide is decided by the dice. One call in a run.
/// </summary>
internal sealed partial class SessionUser(SessionUserState state, SipSessionOptions options, SessionGateway gateway)
    : Core
{
    /// <summary>Null before the call.</summary>
    public SipSession? Session { get; private set; }

    public bool IsClosed => state.IsClosed;

    public override Core Restore()
    {
        state.Session = state.IsClosed ? null : Session?.State;
        return new SessionUser(state.Copy(), options, gateway);
    }

    public override void OnStarted()
    {
        if (state.Session is { } restored)
        {
            Session = SipSession.Restore(restored, options, World.Now);
            Drain();
            Reconsider();
        }
        foreach (var plan in state.Plans.ToArray())
        {
            Schedule(plan);
        }
    }

    public override TimeSpan NextDeadline => Session?.Deadline ?? TimeSpan.MaxValue;

    public override void OnDeadline()
    {
        Session!.OnDeadline(World.Now);
        Drain();
    }

    public override void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow)
    {
        if (id is { } challenged && gateway.Challenges(Host, challenged, request))
        {
            return;
        }
        if (request.To.Tag is null)
        {
            OnCall(id!.Value, request, flow);
        }
        else if (Session is null || state.IsClosed || request.To.Tag != state.LocalTag)
        {
            if (id is { } stray)
            {
                Host.Respond(stray, SipResponse.Create(request, SipStatus.CallDoesNotExist));
            }
        }
        else
        {
            Session.OnRequest(request, id?.Value, World.Now);
            Drain();
        }
    }

    private void OnCall(SipTransactionId id, SipRequest invite, SipFlow flow)
    {
        if (state.CallId is not null || !invite.IsInvite)
        {
            Host.Respond(id, SipResponse.Create(invite, SipStatus.BusyHere, toTag: World.NewTag()));
            return;
        }
        state.CallId = invite.CallId;
        state.LocalTag = World.NewTag();
        var contact = Host.Contact(flow.Transport.Name);
        Session = SipSession.Incoming(invite, id.Value, state.LocalTag, contact, options, World.Now, out var refusal);
        if (Session is null)
        {
            World.Count($"refused with {refusal!.StatusCode}");
            Host.Respond(id, refusal);
            return;
        }
        World.Checkers.SessionBegan(Host);
        Drain();
    }

    public override void OnCancel(SipTransactionId invite, SipRequest cancel)
    {
        if (Session is not null)
        {
            Session.OnCancel(invite.Value, World.Now, cancel);
            Drain();
        }
    }

    public override void OnResponse(SipTransactionId id, SipResponse response)
    {
        if (Session is not null)
        {
            gateway.OnResponse(Host, Session, id, response);
            Drain();
        }
    }

    public override void OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        if (Session is not null)
        {
            gateway.OnEnded(Host, Session, id, end);
            Drain();
        }
    }

    public override void OnRebound()
    {
        state.HasMoved = true;
        TellNewAddress();
    }

    /// <summary>At once when the call is up, else as soon as it is: the peer knows the address of the INVITE or its answer.</summary>
    private void TellNewAddress()
    {
        if (state.HasMoved && Session is { Phase: SipSessionPhase.Established })
        {
            state.HasMoved = false;
            Session.MoveTo(Host.Contact(SipDestination.Parse(state.PeerDestination).Transport));
            Do(new SessionPlan(World.Now, SessionVerb.Refresh));
        }
    }

    /// <summary>Carries out everything that the last input brought about. A send may fail at once and so bring more.</summary>
    private void Drain()
    {
        while (Session!.TryTake(out var action))
        {
            switch (action)
            {
                case SipSessionAction.Respond respond:
                    Host.Respond(new SipTransactionId(respond.Transaction), respond.Response);
                    break;
                case SipSessionAction.Retransmit again:
                    var bytes = again.Response.ToBytes();
                    Host.Respond(new SipTransactionId(again.Transaction), again.Response.StatusCode, bytes);
                    break;
                case SipSessionAction.Send send:
                    gateway.Send(Host, Session, send);
                    break;
                case SipSessionAction.SendStateless send:
                    gateway.SendStateless(Host, send);
                    break;
                case SipSessionAction.Cancel cancel:
                    gateway.Cancel(Host, cancel.Key);
                    break;
                case SipSessionEvent happened:
                    OnEvent(happened);
                    break;
            }
        }
    }

    private static string TextOf(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span);
}
