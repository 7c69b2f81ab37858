using Akka.Actor;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Asks the targets of one trunk by OPTIONS whether they live (RFC 3261 §11), each address that their names resolve to by itself, and tells
/// <see cref="TrunkHealth"/>. One request to an address at a time.
/// </summary>
internal sealed class TrunkProber : ReceiveActor, IWithTimers
{
    private const int MaxTargets = 32;

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly TrunkSettings _trunk;
    private readonly TrunkHealth _health;
    private readonly SipSender _sender;
    private readonly SipTargetResolver _resolve;
    private readonly TimeProvider _time;
    private readonly Dictionary<SipDestination, DateTimeOffset> _due = [];
    private readonly Dictionary<SipTransactionId, SipDestination> _asked = [];
    private bool _wereUnresolved;

    public TrunkProber(
        TrunkSettings trunk,
        TrunkHealth health,
        SipSender sender,
        SipTargetResolver resolve,
        TimeProvider time
    )
    {
        _trunk = trunk;
        _health = health;
        _sender = sender;
        _resolve = resolve;
        _time = time;
        Receive<Round>(_ => ResolveAsync().PipeTo(Self));
        Receive<Resolved>(OnResolved);
        Receive<SipSender.Answered>(answered => OnOutcome(answered.Transaction, answered.Response));
        Receive<SipSender.Failed>(failed => OnOutcome(failed.Transaction, null));
        Receive<Unanswered>(unanswered => OnOutcome(unanswered.Transaction, null));
        Receive<TrunkRegistration.Stop>(_ => Context.Stop(Self));
    }

    private sealed record Round
    {
        public static readonly Round Instance = new();
    }

    private sealed record Resolved(IReadOnlyList<SipDestination> Targets) : INoSerializationVerificationNeeded;

    private sealed record Unanswered(SipTransactionId Transaction) : INoSerializationVerificationNeeded;

    public static Props Props(
        TrunkSettings trunk,
        TrunkHealth health,
        SipSender sender,
        SipTargetResolver resolve,
        TimeProvider time
    ) => Akka.Actor.Props.Create(() => new TrunkProber(trunk, health, sender, resolve, time));

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Self.Tell(Round.Instance);

    private void OnResolved(Resolved resolved)
    {
        // A name server that fails for once takes nothing away; the known addresses go on being asked.
        IReadOnlyCollection<SipDestination> targets =
            resolved.Targets.Count > 0 ? [.. resolved.Targets.Take(MaxTargets)] : [.. _due.Keys];
        _wereUnresolved = resolved.Targets.Count == 0;
        _health.Keep(_trunk, targets);
        foreach (var gone in _due.Keys.Where(target => !targets.Contains(target)).ToList())
        {
            _due.Remove(gone);
        }
        var now = _time.GetUtcNow();
        foreach (var target in targets)
        {
            if (!_due.TryGetValue(target, out var due))
            {
                due = now;
            }
            if (due <= now && !_asked.ContainsValue(target))
            {
                due = now + (_health.NextProbe(_trunk, target) ?? TimeSpan.Zero);
                Ask(target);
            }
            _due[target] = due;
        }
        Schedule(now);
    }

    private void Schedule(DateTimeOffset now)
    {
        var interval = TimeSpan.FromSeconds(
            _wereUnresolved ? _trunk.Options.Health.DownIntervalSeconds : _trunk.Options.Health.IntervalSeconds
        );
        var next = _due.Count == 0 ? interval : _due.Values.Min() - now;
        next = next < interval ? next : interval;
        Timers.StartSingleTimer(nameof(Round), Round.Instance, next > Shortest ? next : Shortest);
    }

    private void Ask(SipDestination target)
    {
        if (_sender.AdvertisedFor(target) is not { } local)
        {
            _health.OnFailure(_trunk, target, "this node has no such transport");
            return;
        }
        var domain = SipUri.Parse($"sip:{_trunk.Domain}");
        var self = SipUri.Create(_trunk.Account.Length > 0 ? _trunk.Account : null, local);
        var request = SipRequest.Create(SipMethod.Options, domain, new NameAddress(self));
        request.Contact = new NameAddress(self);
        request.UserAgent = SipProduct.Name;
        request.Headers.Add(SipHeaderId.Accept, "application/sdp");
        if (_sender.Send(request, target, Self) is not { } transaction)
        {
            _health.OnFailure(_trunk, target, "OPTIONS: could not be sent");
            return;
        }
        _asked[transaction] = target;
        Timers.StartSingleTimer(
            transaction,
            new Unanswered(transaction),
            TimeSpan.FromMilliseconds(_trunk.Options.Health.AnswerMs)
        );
    }

    private void OnOutcome(SipTransactionId transaction, SipResponse? response)
    {
        if (!_asked.Remove(transaction, out var target))
        {
            return;
        }
        Timers.Cancel(transaction);
        var wasDown = _health.StateOf(_trunk, target) == TargetState.Down;
        if (response is not null && TargetHealth.IsAlive(response.StatusCode))
        {
            _health.OnSuccess(_trunk, target);
        }
        else
        {
            _health.OnFailure(
                _trunk,
                target,
                response is null ? "OPTIONS: no answer" : $"OPTIONS: {response.StatusCode} {response.ReasonPhrase}"
            );
        }
        var isDown = _health.StateOf(_trunk, target) == TargetState.Down;
        if (isDown != wasDown && _due.ContainsKey(target))
        {
            // What is down is asked more often from now on, and the other way round.
            _due[target] = _time.GetUtcNow() + (_health.NextProbe(_trunk, target) ?? TimeSpan.Zero);
            Schedule(_time.GetUtcNow());
        }
    }

    private async Task<Resolved> ResolveAsync()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(_trunk.Options.Health.AnswerMs), _time);
        var targets = new List<SipDestination>();
        foreach (var target in _trunk.Targets)
        {
            try
            {
                var location = await _resolve(target.Uri, stop.Token).WaitAsync(stop.Token);
                targets.AddRange(location.Destinations);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // The round goes on without this name; a call to it tells the cause.
                continue;
            }
        }
        return new Resolved([.. targets.Distinct()]);
    }
}
