using System.Collections.Concurrent;
using System.Net;
using Akka.Event;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Decides who may do what, before a request has a transaction or starts an actor. Strangers leave nothing behind: they are
/// counted in tables of fixed size and answered without state, or not at all. A refusal says its true cause in status,
/// Warning (RFC 3261 §20.43), log and counter; only an unknown user and a wrong password are told apart in the log alone.
/// </summary>
/// <remarks>
/// A request that is let in carries its <see cref="RequestIdentity"/> as ticket, or its refusal: what a known caller is
/// refused with belongs into a transaction, because a nonce count is good only once and a place may be free a moment later.
/// </remarks>
internal sealed partial class SipDoor : ISipGatekeeper
{
    private readonly SipGatewayOptions _options;
    private readonly AdmissionStatus _status;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log;
    private readonly IReadOnlySet<SipRequestKind> _served;
    private readonly long _epoch;
    private readonly Callers _callers;
    private readonly SourceRates _rates;
    private readonly SourceBans _bans;
    private readonly KnownSources _known;
    private readonly ScannerSigns _scanners;
    private readonly StatelessTag _tags = new();
    private readonly CallSeats _seats;
    private readonly OverloadController _overload;
    private readonly LogBudget _hostileLines = new();
    private readonly LogBudget _refusalLines = new();
    private readonly ConcurrentDictionary<CallId, byte> _live = new();
    private volatile bool _draining;
    private double _overloadLevel;
    private int _freeMediaPorts = int.MaxValue;

    /// <param name="served">What there is somebody for; the rest is refused here.</param>
    public SipDoor(
        SipGatewayOptions options,
        AdmissionStatus status,
        TimeProvider time,
        ILoggingAdapter log,
        IReadOnlySet<SipRequestKind> served
    )
    {
        _options = options;
        _status = status;
        _time = time;
        _log = log;
        _served = served;
        _epoch = time.GetTimestamp();
        var admission = options.Admission;
        _callers = new Callers(options, time);
        _rates = new SourceRates(admission.Rates);
        _bans = new SourceBans(admission.Bans);
        _known = new KnownSources(admission.Rates.Sources);
        _scanners = new ScannerSigns(admission.Bans.Scanners);
        _seats = new CallSeats(options.MaxCalls);
        _overload = new OverloadController(admission.Overload);
        _status.ShowBans(() => _bans.Snapshot(NowMs));
    }

    /// <summary>Whether a To tag is that of a subscription held here. Asked on the endpoint's loop.</summary>
    public Func<string, bool> IsSubscription { get; init; } = _ => false;

    /// <summary>Whether a request is one of ours that came back. Asked on the endpoint's loop.</summary>
    public Func<SipRequest, bool> IsLoop { get; init; } = _ => false;

    /// <summary>Why no new calls are taken; null when they are. Asked on the endpoint's loop.</summary>
    public Func<string?> NewCallsRefused { get; init; } = () => null;

    private enum Standing
    {
        Stranger,

        /// <summary>Somebody logged in from there, or we sent a request there.</summary>
        Known,

        /// <summary>The address or certificate of a trunk.</summary>
        Trusted,
    }

    private readonly record struct Visit(
        SipRequest Request,
        SipFlow Flow,
        SourceKey Source,
        Standing Standing,
        long NowMs
    )
    {
        public bool IsStranger => Standing == Standing.Stranger;
    }

    /// <summary>Sources whose rates are remembered now; never more than <see cref="SipRateOptions.Sources"/> and a few.</summary>
    public int RememberedSources => _rates.Sources;

    private long NowMs => (long)_time.GetElapsedTime(_epoch).TotalMilliseconds;

    // ---- told by the gateway ----

    /// <summary>The node is being stopped: no new calls.</summary>
    public void Drain()
    {
        _draining = true;
        _status.IsDraining = true;
    }

    /// <summary>A call that this node serves: requests in it are expected from anywhere.</summary>
    public void Begin(CallId call) => _live[call] = 0;

    /// <summary>The call is over.</summary>
    public void End(CallId call) => _live.TryRemove(call, out _);

    /// <summary>The place that an admitted INVITE took is free again.</summary>
    public void Release(RequestIdentity identity) => _seats.Release(identity.Trunk);

    /// <summary>A request of ours goes there: what comes back is no stranger's.</summary>
    public void Expect(IPAddress address) => _known.Add(SourceKey.Of(address), NowMs);

    /// <summary>To be told once a second.</summary>
    public void Measure(NodeLoad load)
    {
        var before = _overloadLevel;
        var level = _overload.Update(load);
        Volatile.Write(ref _overloadLevel, level);
        Volatile.Write(ref _freeMediaPorts, load.FreeMediaPorts);
        _status.Overload(level, _overload.Cause, load);
        if (before == 0 && level > 0)
        {
            _log.Warning("Too busy for all new calls: {Cause}. A growing share of them gets 503", _overload.Cause);
        }
        else if (before > 0 && level == 0)
        {
            _log.Info("All new calls are taken again");
        }
    }

    /// <summary>A message that could not be parsed came from there.</summary>
    public void OnMalformed(IPAddress address)
    {
        var (source, now) = (SourceKey.Of(address), NowMs);
        if (!_callers.IsTrusted(address) && !_known.Has(source, now) && _bans.CountMalformed(source, now))
        {
            OnBanned(source);
        }
    }

    // ---- asked by the endpoint ----

    public bool TakesFrom(SipFlow flow, bool isResponse)
    {
        if (_callers.IsTrusted(flow))
        {
            return true;
        }
        var (source, now) = (SourceKey.Of(flow.Remote.EndPoint.Address), NowMs);
        if (_known.Has(source, now))
        {
            return true;
        }
        if (_bans.Holds(source, now))
        {
            _status.CountSilenced(AdmissionReason.Banned);
            return false;
        }
        // A response is only read when a request of ours went there, else it matches nothing and is gone.
        if (!isResponse && !_rates.TakesMessage(source, now))
        {
            _status.CountSilenced(AdmissionReason.TooFastStranger);
            return false;
        }
        return true;
    }

    public SipGateDecision Judge(SipRequest request, SipFlow flow)
    {
        var (source, now) = (SourceKey.Of(flow.Remote.EndPoint.Address), NowMs);
        var standing =
            _callers.IsTrusted(flow) ? Standing.Trusted
            : _known.Has(source, now) ? Standing.Known
            : Standing.Stranger;
        var visit = new Visit(request, flow, source, standing, now);
        var kind = SipRequestKinds.Of(request);
        if (visit.IsStranger && _scanners.Mark(request))
        {
            Ban(source, "names itself like a scanner", now);
            return Silence(AdmissionReason.Banned);
        }
        if (request.Method == SipMethod.Cancel)
        {
            return AnswerOnly(visit, AdmissionReason.BelongsToNothing, OutOfDialog.Answer(request, _tags.Of(request)));
        }
        if (kind == SipRequestKind.InDialog)
        {
            return JudgeInDialog(visit);
        }
        if (standing == Standing.Known && !_rates.TakesRequest(source, now))
        {
            return RefuseOnly(
                visit,
                AdmissionReason.TooFast,
                SipStatus.ServiceUnavailable,
                "too many requests from this address",
                retryAfter: _options.RetryAfterSeconds
            );
        }
        return _served.Contains(kind) ? JudgeServed(visit, kind) : AnswerAtDoor(visit);
    }

    /// <summary>
    /// In a dialog nobody is asked for a password again. But a tag can be made up, and one that looks like a call's may wake
    /// an actor: so a stranger may send few that are for no call of this node.
    /// </summary>
    private SipGateDecision JudgeInDialog(Visit visit)
    {
        if (!CallId.TryParse(visit.Request.To.Tag, out var call))
        {
            if (visit.Request.Method == SipMethod.Subscribe && IsSubscription(visit.Request.To.Tag!))
            {
                return SipGateDecision.LetIn(null);
            }
            // An ACK here is that of a stateless refusal, or of nothing (RFC 3261 §17.1.1.3: never answered).
            return visit.Request.IsAck
                ? SipGateDecision.Silence
                : AnswerOnly(
                    visit,
                    AdmissionReason.BelongsToNothing,
                    SipResponse.Create(visit.Request, SipStatus.CallDoesNotExist)
                );
        }
        return !visit.IsStranger || _live.ContainsKey(call) || _rates.TakesStrayDialogRequest(visit.NowMs)
            ? SipGateDecision.LetIn(null)
            : Silence(AdmissionReason.StrayDialog);
    }

    /// <summary>
    /// OPTIONS, and methods that nobody serves. No password is asked for them, but who could not be let in learns nothing.
    /// </summary>
    private SipGateDecision AnswerAtDoor(Visit visit)
    {
        CountTarget(visit, RequestChecks.UserOf(visit.Request.RequestUri));
        if (!_callers.MayComeFrom(visit.Flow))
        {
            return RefuseStranger(visit);
        }
        var isOptions = visit.Request.Method == SipMethod.Options;
        if (isOptions && _draining)
        {
            // What balances calls over nodes by OPTIONS must know (RFC 3261 §11.2: as an INVITE would be answered).
            return RefuseOnly(
                visit,
                AdmissionReason.Draining,
                SipStatus.ServiceUnavailable,
                "the node is being stopped",
                retryAfter: _options.RetryAfterSeconds
            );
        }
        var answer = OutOfDialog.Answer(visit.Request, _tags.Of(visit.Request));
        return isOptions
            ? SipGateDecision.AnswerOnly(answer)
            : AnswerOnly(visit, AdmissionReason.MethodNotServed, answer);
    }
}
