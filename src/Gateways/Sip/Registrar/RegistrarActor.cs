using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>
/// The registrar of a node (RFC 3261 §10.3): takes REGISTER of authenticated users, keeps their bindings, and writes them
/// behind to the database. <see cref="Bindings"/> decides; this actor answers, stores and expires.
/// </summary>
internal sealed class RegistrarActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StoreRetry = TimeSpan.FromSeconds(2);

    // The stored bindings are read within milliseconds; what comes before waits, and more than this is told to come again.
    private const int MostWaiting = 1_000;
    private const int RetryAfterSeconds = 2;

    // So that one transaction does not keep the database's one writer from the journal for long.
    private const int MostAorsPerWrite = 200;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly RegistrarOptions _options;
    private readonly Registrations _registrations;
    private readonly BindingStore? _store;
    private readonly RegistrarMetrics _metrics;
    private readonly SipSender _sender;
    private readonly TimeProvider _time;

    private readonly Queue<AdmittedRequest> _waiting = new();

    // Which users have bindings over a connection, so that its end does not search all of them.
    private readonly Dictionary<SipDestination, HashSet<AddressOfRecord>> _byFlow = [];

    // Changed since they were last handed to the database.
    private readonly HashSet<AddressOfRecord> _dirty = [];
    private bool _writing;

    /// <param name="store">Null keeps bindings in memory only.</param>
    public RegistrarActor(
        RegistrarOptions options,
        Registrations registrations,
        BindingStore? store,
        RegistrarMetrics metrics,
        SipSender sender,
        TimeProvider time
    )
    {
        _options = options;
        _registrations = registrations;
        _store = store;
        _metrics = metrics;
        _sender = sender;
        _time = time;
        Become(Loading);
    }

    /// <summary>A connection-oriented flow is closed.</summary>
    public sealed record FlowClosed(SipDestination Flow) : INoSerializationVerificationNeeded;

    private sealed record Loaded(IReadOnlyDictionary<AddressOfRecord, ImmutableArray<Binding>> Bindings);

    private sealed record LoadFailed(Exception Cause);

    private sealed record Written;

    private sealed record WriteFailed(IReadOnlyCollection<AddressOfRecord> Aors, Exception Cause);

    private sealed record Sweep;

    private sealed record WriteDue;

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Sweep), new Sweep(), SweepInterval);
        if (_store is null)
        {
            TakeUp(ImmutableDictionary<AddressOfRecord, ImmutableArray<Binding>>.Empty);
            return;
        }
        LoadAsync(_store).PipeTo(Self, success: all => new Loaded(all), failure: e => new LoadFailed(e));
    }

    private async Task<IReadOnlyDictionary<AddressOfRecord, ImmutableArray<Binding>>> LoadAsync(BindingStore store)
    {
        using var deadline = Deadline();
        await store.InitializeAsync(deadline.Token);
        return await store.ReadAsync(Now, deadline.Token);
    }

    // --- Until the stored bindings are read -----------------------------------------------------------------------

    private void Loading()
    {
        Receive<AdmittedRequest>(request =>
        {
            if (_waiting.Count < MostWaiting)
            {
                _waiting.Enqueue(request);
                return;
            }
            _sender.Refuse(
                request,
                SipStatus.ServiceUnavailable,
                "registrations are being read",
                retryAfterSeconds: RetryAfterSeconds
            );
        });
        Receive<Loaded>(loaded => TakeUp(loaded.Bindings));
        Receive<LoadFailed>(failed =>
        {
            _log.Error(
                failed.Cause,
                "Registrations of before could not be read; phones are unknown until they register again"
            );
            TakeUp(ImmutableDictionary<AddressOfRecord, ImmutableArray<Binding>>.Empty);
        });
        Receive<Sweep>(_ => { });
        Receive<FlowClosed>(closed => ForgetWaiting(closed.Flow));
    }

    private void ForgetWaiting(SipDestination flow)
    {
        for (var count = _waiting.Count; count > 0; count--)
        {
            var request = _waiting.Dequeue();
            if (!flow.Equals(request.Received.Flow.Remote))
            {
                _waiting.Enqueue(request);
            }
        }
    }

    private void TakeUp(IReadOnlyDictionary<AddressOfRecord, ImmutableArray<Binding>> stored)
    {
        foreach (var (aor, bindings) in stored)
        {
            // Connections did not outlive the process.
            Set(aor, [.. bindings.Select(b => b with { FlowAlive = !b.Connected })], store: false);
        }
        if (stored.Count > 0)
        {
            var (reachable, unreachable) = _registrations.Count();
            _log.Info(
                "{Count} contacts are registered from before, {Unreachable} of them must register again to be reached",
                reachable + unreachable,
                unreachable
            );
        }
        Become(Ready);
        while (_waiting.TryDequeue(out var request))
        {
            OnRegister(request);
        }
    }

    // --- Ready ---------------------------------------------------------------------------------------------------

    private void Ready()
    {
        Receive<AdmittedRequest>(OnRegister);
        Receive<FlowClosed>(closed => OnFlowClosed(closed.Flow));
        Receive<Sweep>(_ => RemoveExpired());
        Receive<WriteDue>(_ => Write());
        Receive<Written>(_ =>
        {
            _writing = false;
            Write();
        });
        Receive<WriteFailed>(OnWriteFailed);
    }

    private void OnRegister(AdmittedRequest admitted)
    {
        var request = admitted.Request;
        if (admitted.Identity.User is not { } user)
        {
            Refuse(admitted, SipStatus.Forbidden, "only a user of sip.users may register");
            return;
        }
        if (AddressOfRecord.Of(request.To.Uri, _options.Domains) is not { } aor)
        {
            Refuse(admitted, SipStatus.NotFound, "the address-of-record is none of sip.registrar.domains");
            return;
        }
        if (aor.User != user)
        {
            Refuse(admitted, SipStatus.Forbidden, $"'{user}' may not register another user");
            return;
        }
        var now = Now;
        var received = admitted.Received;
        var flow = new RegisterFlow(received.Transport, received.Remote, received.Flow.Transport.IsReliable);
        var before = _registrations.Get(aor);
        var result = Bindings.Register(before, request, flow, _options, now);
        if (result.Status != SipStatus.Ok)
        {
            Refuse(admitted, result.Status, result.Cause!);
            return;
        }
        Set(aor, result.All, store: true);
        LogChange(aor, before, result.All);
        Answer(admitted, RegisterResponse.Ok(request, result, now));
    }

    private void Refuse(AdmittedRequest admitted, int status, string cause)
    {
        _log.Info("REGISTER from {Remote} refused with {Status}: {Cause}", admitted.Received.Remote, status, cause);
        _metrics.Answered(status);
        _sender.Refuse(
            admitted,
            status,
            cause,
            minExpiresSeconds: status == SipStatus.IntervalTooBrief ? _options.MinExpirySeconds : null
        );
    }

    private void Answer(AdmittedRequest admitted, SipResponse response)
    {
        _metrics.Answered(response.StatusCode);
        _sender.Respond(admitted, response);
    }

    private void LogChange(AddressOfRecord aor, ImmutableArray<Binding> before, ImmutableArray<Binding> after)
    {
        foreach (var binding in after.Where(b => !before.Any(old => old.Contact == b.Contact)))
        {
            _log.Info(
                "{Aor} registered {Contact} over {Transport} from {Remote}",
                aor,
                binding.Contact,
                binding.Transport,
                binding.Remote
            );
        }
        foreach (var binding in before.Where(old => !after.Any(b => b.Contact == old.Contact)))
        {
            _log.Info("{Aor} is no longer registered at {Contact}", aor, binding.Contact);
        }
    }

    private void OnFlowClosed(SipDestination flow)
    {
        if (!_byFlow.TryGetValue(flow, out var aors))
        {
            return;
        }
        foreach (var aor in aors.ToList())
        {
            Set(
                aor,
                Bindings.FlowClosed(_registrations.Get(aor), flow.Transport, flow.EndPoint.ToString()),
                store: false
            );
        }
        _byFlow.Remove(flow);
    }

    private void RemoveExpired()
    {
        var now = Now;
        var expired = _registrations.All.Where(pair => pair.Value.Any(b => b.ExpiresAt <= now)).ToList();
        foreach (var (aor, bindings) in expired)
        {
            var current = Bindings.Current(bindings, now);
            LogChange(aor, bindings, current);
            Set(aor, current, store: true);
        }
    }

    private void Set(AddressOfRecord aor, ImmutableArray<Binding> bindings, bool store)
    {
        foreach (var flow in LiveFlows(_registrations.Get(aor)))
        {
            if (_byFlow.TryGetValue(flow, out var aors) && aors.Remove(aor) && aors.Count == 0)
            {
                _byFlow.Remove(flow);
            }
        }
        foreach (var flow in LiveFlows(bindings))
        {
            if (!_byFlow.TryGetValue(flow, out var aors))
            {
                _byFlow[flow] = aors = [];
            }
            aors.Add(aor);
        }
        _registrations.Set(aor, bindings);
        if (store && _store is not null)
        {
            _dirty.Add(aor);
            Write();
        }
    }

    private static IEnumerable<SipDestination> LiveFlows(ImmutableArray<Binding> bindings) =>
        bindings.Where(b => b.Connected && b.FlowAlive).Select(b => b.Flow);

    // --- Written behind ------------------------------------------------------------------------------------------

    /// <summary>One write at a time; what changes meanwhile goes with the next, and only its last state.</summary>
    private void Write()
    {
        if (_writing || _dirty.Count == 0 || _store is not { } store || Timers.IsTimerActive(nameof(WriteDue)))
        {
            return;
        }
        _writing = true;
        var changed = _dirty.Take(MostAorsPerWrite).ToDictionary(aor => aor, _registrations.Get);
        _dirty.ExceptWith(changed.Keys);
        WriteAsync(store, changed)
            .PipeTo(Self, success: () => new Written(), failure: e => new WriteFailed(changed.Keys, e));
    }

    private async Task WriteAsync(BindingStore store, Dictionary<AddressOfRecord, ImmutableArray<Binding>> changed)
    {
        using var deadline = Deadline();
        await store.WriteAsync(changed, deadline.Token);
    }

    private void OnWriteFailed(WriteFailed failed)
    {
        _log.Warning(
            failed.Cause,
            "Registrations could not be stored; trying again in {Seconds} s",
            StoreRetry.TotalSeconds
        );
        _writing = false;
        _dirty.UnionWith(failed.Aors);
        Timers.StartSingleTimer(nameof(WriteDue), new WriteDue(), StoreRetry);
    }

    private CancellationTokenSource Deadline() => new(TimeSpan.FromMilliseconds(_options.StoreTimeoutMs), _time);
}
