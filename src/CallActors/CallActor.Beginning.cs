using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors;

/// <remarks>
/// How a call begins, and when it does not. Its INVITE waits in the shard region while the shard has no home, for ten seconds
/// and more after a crash; the gateway has refused it by then, and the caller is on the phone with another node. A call begun
/// all the same would play to nobody, or be a second agent on the line. So an INVITE that is not young any more begins a call
/// only when its gateway says that it still waits.
/// </remarks>
public sealed partial class CallActor
{
    /// <summary>A gateway that is silent for so long is gone, and the INVITE with it.</summary>
    private static readonly TimeSpan StandingDue = TimeSpan.FromSeconds(2);

    private sealed record StandingOverdue
    {
        public static readonly StandingOverdue Instance = new();
    }

    /// <summary>An INVITE that means a call of this id which is there already.</summary>
    private static bool Replaces(SipGatewayEvents.InviteArrived arrived) =>
        SipParser.Parse(arrived.Message).Headers.Contains(SipHeaderId.Replaces);

    private void OpenInTime(SipGatewayEvents.InviteArrived invite)
    {
        if ((Now - invite.At).Duration() < _services.YoungInvite)
        {
            Open(invite);
            return;
        }
        Context.SetReceiveTimeout(null);
        Sender.Tell(new SipGatewayCommands.IsInviteWaiting(_id, invite.TransactionId));
        Timers.StartSingleTimer(nameof(StandingOverdue), StandingOverdue.Instance, StandingDue);
        Become(() => Doubting(invite));
    }

    private void Doubting(SipGatewayEvents.InviteArrived invite)
    {
        Receive<SipGatewayEvents.InviteStanding>(standing =>
        {
            Timers.Cancel(nameof(StandingOverdue));
            if (standing.Waits)
            {
                // The answer comes from the gateway, as the INVITE did.
                Open(invite);
            }
            else
            {
                BeginNothing(invite, "its gateway has refused it");
            }
            Stash.UnstashAll();
        });
        Receive<StandingOverdue>(_ =>
        {
            BeginNothing(invite, "its gateway does not answer");
            Stash.UnstashAll();
        });
        ReceiveAny(_ => Stash.Stash());
    }

    private void BeginNothing(SipGatewayEvents.InviteArrived invite, string why)
    {
        _services.Metrics.TooLate();
        _log.Warning(
            "Call {CallId} does not begin: its INVITE came {Ms} ms after it was admitted, and {Why}",
            _id,
            (int)(Now - invite.At).TotalMilliseconds,
            why
        );
        Become(Past);
    }

    private void Open(SipGatewayEvents.InviteArrived invite)
    {
        Begin();
        OnInvite(invite);
    }

    private void Open(CallCommands.Place place)
    {
        Begin();
        OnPlace(place);
    }

    private void Begin()
    {
        Context.SetReceiveTimeout(null);
        _isNew = true;
        Become(InCall);
    }
}
