using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// The node leaves, and calls that live elsewhere use its sockets: they move to another gateway before those close. Calls
/// are admitted meanwhile, to be held elsewhere, and move in their turn; <see cref="SipGatewayCommands.Drain"/> ends that.
/// </summary>
public sealed partial class SipGateway
{
    private static readonly TimeSpan RemindEvery = TimeSpan.FromSeconds(1);

    // Calls that came here with a request of theirs: taken up after a crash, or moved from another gateway.
    private readonly Dictionary<IActorRef, CallId> _guests = [];

    // When each call was last told that this gateway leaves.
    private readonly Dictionary<CallId, long> _toldTicks = [];

    private void ReceiveLeaving()
    {
        Receive<SipGatewayCommands.Leave>(_ => OnLeave());
        Receive<SipGatewayCommands.Release>(release => Release(release.CallId));
    }

    /// <summary>In-dialog requests for the call come here from now on, and its end is to be seen.</summary>
    private void Welcome(CallId call, IActorRef actor)
    {
        var known = _watched.ContainsKey(actor) || _placed.ContainsKey(actor);
        if (!known && _guests.TryAdd(actor, call))
        {
            _door.Begin(call);
            Context.Watch(actor);
        }
    }

    private void ForgetGuest(IActorRef actor)
    {
        if (_guests.Remove(actor, out var call))
        {
            _outbound.OnCallGone(actor);
            _door.End(call);
        }
    }

    private void OnLeave()
    {
        CallId[] carried = [.. _admitted.Keys.Concat(_placed.Values).Concat(_guests.Values).Distinct()];
        foreach (var call in carried)
        {
            if (!_toldTicks.TryGetValue(call, out var told) || _time.GetElapsedTime(told) >= RemindEvery)
            {
                _toldTicks[call] = _time.GetTimestamp();
                _calls.Tell(new SipGatewayEvents.GatewayLeaving(call));
            }
        }
        Sender.Tell(new SipGatewayEvents.Carrying(carried.Length));
    }

    private void Release(CallId call)
    {
        foreach (var actor in Of(_watched).Concat(Of(_placed)).Concat(Of(_guests)).ToList())
        {
            Context.Unwatch(actor);
            Forget(actor);
            ForgetPlaced(actor);
            ForgetGuest(actor);
        }

        IEnumerable<IActorRef> Of(Dictionary<IActorRef, CallId> calls) =>
            calls.Where(entry => entry.Value == call).Select(entry => entry.Key);
    }
}
