using System.Collections.Immutable;
using System.Net;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Membership;

/// <summary>
/// Finds the cluster by the addresses that a DNS name has (A and AAAA records, as a Kubernetes headless service gives
/// them), asked for again and again until this node is a member. It joins through whatever address has a cluster. A new
/// cluster is begun by one node only: the one with the lowest address, when for <c>cluster.bootstrapSeconds</c> the
/// addresses did not change, its own was among them, and none of them had a cluster or could be reached.
/// </summary>
public sealed class DnsDiscovery : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(5);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ClusterOptions _options;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly TimeProvider _time;
    private ImmutableArray<IPAddress> _addresses = [];
    private long _sameSince;
    private bool _begun;

    /// <param name="resolve">Asks DNS; tests give their own.</param>
    public DnsDiscovery(
        ClusterOptions options,
        Func<string, CancellationToken, Task<IPAddress[]>> resolve,
        TimeProvider time
    )
    {
        _options = options;
        _resolve = resolve;
        _time = time;
        Receive<Ask>(_ => ResolveAsync().PipeTo(Self, failure: cause => new NoAnswer(cause)));
        Receive<IPAddress[]>(OnAddresses);
        Receive<NoAnswer>(OnNoAnswer);
        Receive<ClusterEvent.MemberUp>(
            _ => Context.Stop(Self),
            up => up.Member.UniqueAddress == _cluster.SelfUniqueAddress
        );
        ReceiveAny(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Ask;

    private sealed record NoAnswer(Exception Cause);

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self,
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.MemberUp)
        );
        Self.Tell(new Ask());
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private async Task<IPAddress[]> ResolveAsync()
    {
        using var deadline = new CancellationTokenSource(AnswerDeadline, _time);
        return await _resolve(_options.DnsName, deadline.Token);
    }

    private void OnNoAnswer(NoAnswer none)
    {
        _log.Warning("{Name} cannot be resolved: {Cause}", _options.DnsName, none.Cause.Message);
        Timers.StartSingleTimer(nameof(Ask), new Ask(), Again);
    }

    private void OnAddresses(IPAddress[] answer)
    {
        Timers.StartSingleTimer(nameof(Ask), new Ask(), Again);
        ImmutableArray<IPAddress> addresses = [.. answer.Distinct().OrderBy(address => address, AddressOrder.Instance)];
        if (!addresses.SequenceEqual(_addresses))
        {
            _log.Info("{Name} is {Addresses}", _options.DnsName, string.Join(", ", addresses));
            _addresses = addresses;
            _sameSince = _time.GetTimestamp();
            JoinOthers();
        }
        if (!_begun && IsLowest && _time.GetElapsedTime(_sameSince) >= TimeSpan.FromSeconds(_options.BootstrapSeconds))
        {
            // Nobody has let this node in, and all nodes agree who is the one to begin.
            _log.Info("No node of {Name} has a cluster: this one, the lowest address, begins it", _options.DnsName);
            _begun = true;
            _cluster.Join(_cluster.SelfAddress);
        }
    }

    private bool IsLowest =>
        _addresses.Length > 0
        && IPAddress.TryParse(_cluster.SelfAddress.Host, out var own)
        && _addresses[0].Equals(own);

    /// <summary>Akka asks them until one lets this node in; without itself in the list it never begins a cluster.</summary>
    private void JoinOthers()
    {
        ImmutableList<Address> others =
        [
            .. _addresses
                .Select(address => new Address(
                    _cluster.SelfAddress.Protocol,
                    _cluster.SelfAddress.System,
                    address.ToString(),
                    _options.DnsPort == 0 ? _options.Port : _options.DnsPort
                ))
                .Where(address => address != _cluster.SelfAddress),
        ];
        if (others.Count > 0 && !_begun)
        {
            _cluster.JoinSeedNodes(others);
        }
    }

    /// <summary>IPv4 before IPv6, then by value.</summary>
    private sealed class AddressOrder : IComparer<IPAddress>
    {
        public static readonly AddressOrder Instance = new();

        public int Compare(IPAddress? x, IPAddress? y)
        {
            var (left, right) = (x!.GetAddressBytes(), y!.GetAddressBytes());
            return left.Length != right.Length
                ? left.Length.CompareTo(right.Length)
                : left.AsSpan().SequenceCompareTo(right);
        }
    }
}
