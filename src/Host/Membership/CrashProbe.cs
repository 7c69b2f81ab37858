using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Remote;

namespace OCPlatform.Host.Membership;

/// <summary>
/// Finds out at once that a member's process is gone. The kernel closes the connections of a killed process, so this
/// actor hears of it within milliseconds; then it tries the member's remoting port. "Connection refused", twice in a row,
/// proves that the host lives and the process does not: the member is downed. Anything else proves nothing, and is left
/// to heartbeats and the split-brain resolver.
/// </summary>
/// <remarks>
/// A firewall that answers with RST in place of the host would lie to it; <c>cluster.crashProof</c> turns it off. Even then
/// no call has two owners: the journal refuses the former one. It blocks while it connects, so it needs a thread of its own.
/// </remarks>
public sealed class CrashProbe : ReceiveActor, IWithTimers
{
    // A second refusal after a moment rules out a hiccup of whatever translates addresses on the way.
    private const int RefusalsThatProve = 2;
    private static readonly TimeSpan BetweenRefusals = TimeSpan.FromMilliseconds(30);

    // A round trip within a data centre takes a millisecond or two; nobody else waits for this thread.
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromMilliseconds(250);

    // While a member is suspected and its port tells nothing, it is tried again: its host may come back first.
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);
    private const int MostTries = 20;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly CrashProofs _proofs = CrashProofs.Of(Context.System.EventStream);
    private readonly Func<IPEndPoint, TimeSpan, PortAnswer> _probe;
    private readonly Dictionary<Address, IPAddress?> _hosts = [];

    /// <param name="probe">How a port is tried.</param>
    public CrashProbe(Func<IPEndPoint, TimeSpan, PortAnswer> probe)
    {
        _probe = probe;
        Receive<ClusterEvent.CurrentClusterState>(state =>
        {
            foreach (var member in state.Members)
            {
                Resolve(member.Address);
            }
        });
        Receive<ClusterEvent.UnreachableMember>(unreachable => Suspect(unreachable.Member.Address));
        Receive<ClusterEvent.ReachableMember>(reachable => Timers.Cancel(reachable.Member.Address));
        Receive<ClusterEvent.MemberRemoved>(removed => Forget(removed.Member.Address));
        Receive<ClusterEvent.IMemberEvent>(change => Resolve(change.Member.Address));
        Receive<DisassociatedEvent>(gone => Suspect(gone.RemoteAddress));
        Receive<AssociationErrorEvent>(gone => Suspect(gone.RemoteAddress));
        Receive<Try>(OnTry);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Try(Address Address, int Refusals, int Left);

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
            typeof(ClusterEvent.IMemberEvent),
            typeof(ClusterEvent.IReachabilityEvent)
        );
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _cluster.Unsubscribe(Self);
    }

    private void Suspect(Address address)
    {
        if (IsMember(address) && !_proofs.Has(address.ToString()) && !Timers.IsTimerActive(address))
        {
            OnTry(new Try(address, Refusals: 0, MostTries));
        }
    }

    private void OnTry(Try attempt)
    {
        if (!IsMember(attempt.Address) || Resolve(attempt.Address) is not { } host)
        {
            return;
        }
        switch (_probe(new IPEndPoint(host, attempt.Address.Port!.Value), ConnectDeadline))
        {
            case PortAnswer.Refused when attempt.Refusals + 1 == RefusalsThatProve:
                Down(attempt.Address);
                break;
            case PortAnswer.Refused:
                TryAgain(attempt with { Refusals = attempt.Refusals + 1 }, BetweenRefusals);
                break;
            case PortAnswer.Unknown when attempt.Left > 1:
                TryAgain(attempt with { Refusals = 0, Left = attempt.Left - 1 }, Again);
                break;
        }
    }

    private void TryAgain(Try attempt, TimeSpan after) => Timers.StartSingleTimer(attempt.Address, attempt, after);

    private void Down(Address address)
    {
        _log.Warning("The process of {Address} is gone (its port refuses connections): it is downed at once", address);
        _proofs.Add(address.ToString());
        if (!_cluster.FailureDetector.IsMonitoring(address))
        {
            // Nobody has sent it a heartbeat yet; what is not monitored counts as available.
            _cluster.FailureDetector.Heartbeat(address);
        }
        _cluster.Down(address);
    }

    private void Forget(Address address)
    {
        Timers.Cancel(address);
        _hosts.Remove(address);
        _proofs.Remove(address.ToString());
    }

    private bool IsMember(Address address) =>
        address != _cluster.SelfAddress
        && _cluster.State.Members.Any(member =>
            member.Address == address && member.Status is not (MemberStatus.Down or MemberStatus.Removed)
        );

    /// <summary>Resolved as long as all is well: when a node is gone its name may be gone as well.</summary>
    private IPAddress? Resolve(Address address)
    {
        if (_hosts.TryGetValue(address, out var known) && known is not null)
        {
            return known;
        }
        try
        {
            return _hosts[address] = IPAddress.TryParse(address.Host, out var ip)
                ? ip
                : Dns.GetHostAddresses(address.Host).FirstOrDefault();
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
