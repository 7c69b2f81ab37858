using System.Globalization;
using Akka.Event;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// An INVITE that opens a dialog, on its way: from route to route, address to address, challenge to challenge, until somebody answers it for
/// good. The call hears of each attempt, of the provisional responses of the current one, and of exactly one outcome.
/// </summary>
internal sealed partial class OutboundInvite : ITransactionOwner, IOutboundRequest
{
    private readonly OutboundContext _context;
    private readonly OutboundCaller _caller;
    private readonly SipRequest _written;
    private readonly Action<OutboundInvite> _ended;
    private readonly LinkedList<OutboundRoute> _routes = [];
    private readonly Queue<SipDestination> _destinations = [];
    private readonly List<string> _causes = [];
    private readonly HashSet<string> _redirectedTo = [];

    private OutboundRoute? _route;
    private SipRequestDelivery? _delivery;
    private SipTransactionId? _transaction;
    private SipResponse? _lastRefusal;
    private uint _nextCSeq;
    private int _attempts;
    private int _redirects;
    private int _step;
    private bool _heard;
    private bool _cancelled;
    private bool _answered;

    /// <summary>What came of the last attempt that left.</summary>
    private SendFailure _failure;

    /// <param name="ended">Told once, when the outcome is known.</param>
    public OutboundInvite(
        OutboundContext context,
        OutboundCaller caller,
        SipRequest written,
        Action<OutboundInvite> ended
    )
    {
        _context = context;
        _caller = caller;
        _written = written;
        _ended = ended;
        _nextCSeq = written.CSeq.Number;
    }

    public OutboundCaller Caller => _caller;

    /// <summary>Call-ID of the dialog, and name of its place among the guards.</summary>
    public string DialogId => _written.CallId;

    /// <summary>The trunk that it is tried over now; null for a phone or an address.</summary>
    public TrunkSettings? Trunk => _route?.Trunk;

    /// <summary>The INVITE as it left last; null before.</summary>
    public SipRequest? Sent => _delivery?.Request;

    /// <summary>It got its 2xx.</summary>
    public bool IsAnswered => _answered;

    private bool IsOver { get; set; }

    public void Start(string? trunk)
    {
        var plan = _context.Routes.Plan(_written.RequestUri, trunk);
        if (plan.NoRoute is { } cause)
        {
            foreach (var (name, reason) in plan.Refusals)
            {
                _context.Board.CountRefused(name, reason);
            }
            Fail(cause);
            return;
        }
        foreach (var route in plan.Routes)
        {
            _routes.AddLast(route);
        }
        NextRoute();
    }

    /// <summary>The call does not want it any more. What is under way still ends by a response of its own, or by silence.</summary>
    public void Cancel()
    {
        if (IsOver || _cancelled)
        {
            return;
        }
        _cancelled = true;
        _delivery?.Stop();
        if (_transaction is { } transaction)
        {
            _context.Cancel(transaction);
        }
        else
        {
            Fail("cancelled before it was sent");
        }
    }

    /// <summary>The call is gone: nobody would take an answer.</summary>
    public void Abandon()
    {
        if (!IsOver)
        {
            GiveUpAttempt();
            End();
        }
    }

    public void OnResolved(int step, IReadOnlyList<SipDestination> destinations, string? error)
    {
        if (IsOver || step != _step)
        {
            return;
        }
        if (_cancelled)
        {
            Fail("cancelled before it was sent");
            return;
        }
        if (error is not null)
        {
            _causes.Add($"{_route!.Name}: {error}");
        }
        foreach (var destination in destinations)
        {
            _destinations.Enqueue(destination);
        }
        NextDestination();
    }

    public void OnDeadline(int step)
    {
        if (IsOver || step != _step || _heard)
        {
            return;
        }
        var seconds = (FirstResponseMs / 1000.0).ToString(CultureInfo.InvariantCulture);
        var cause = $"no response within {seconds} s";
        GiveUpAttempt();
        _failure = SendFailure.Timeout;
        OnSilence(cause);
    }

    public void OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (transaction != _transaction)
        {
            return;
        }
        if (!_heard)
        {
            _heard = true;
            _context.NoDeadline(this);
        }
        Take(_delivery!.OnResponse(response));
    }

    public void OnOver(SipTransactionId transaction, SipTransactionEnd end)
    {
        if (IsOver || transaction != _transaction)
        {
            return;
        }
        _transaction = null;
        _failure = end switch
        {
            SipTransactionEnd.Timeout => SendFailure.Timeout,
            SipTransactionEnd.TransportError => SendFailure.TransportError,
            _ => _failure,
        };
        OnSilence(
            end switch
            {
                SipTransactionEnd.Timeout => "no final response in time",
                SipTransactionEnd.TransportError => "could not be sent there",
                _ => "the gateway's tables are full",
            }
        );
    }

    // ---- from one way to the next ----

    private void NextRoute()
    {
        while (_routes.First is { } first)
        {
            _routes.RemoveFirst();
            _route = first.Value;
            if (!EnterGuards(_route))
            {
                continue;
            }
            _step++;
            if (_route.Destination is { } flow)
            {
                _destinations.Enqueue(flow);
                NextDestination();
            }
            else
            {
                _context.Resolve(_route.NextHop, this, _step);
            }
            return;
        }
        if (_lastRefusal is { } refusal)
        {
            Tell(refusal);
            End();
        }
        else
        {
            Fail(string.Join("; ", _causes));
        }
    }

    private bool EnterGuards(OutboundRoute route)
    {
        if (route.Trunk is not { } trunk)
        {
            _context.Guards.End(DialogId, _context.Now);
            return true;
        }
        var dialled = route.RequestUri.User ?? route.RequestUri.ToString();
        var refusal = _context.Guards.Enter(
            DialogId,
            trunk,
            DialledNumber.Of(route.RequestUri),
            dialled,
            _written.From.Uri.User ?? "",
            _context.Now
        );
        if (refusal is null)
        {
            return true;
        }
        _context.Board.CountRefused(trunk.Name, refusal.Reason);
        var cause = $"trunk '{trunk.Name}' {refusal.Cause}";
        if (!_causes.Contains(cause))
        {
            _causes.Add(cause);
        }
        return false;
    }

    private void NextDestination()
    {
        while (_destinations.TryDequeue(out var destination))
        {
            if (_attempts >= _context.Options.MaxAttempts)
            {
                _routes.Clear();
                _destinations.Clear();
                _causes.Add($"all {_attempts} attempts are used up");
                break;
            }
            if (_route!.Trunk is { } trunk && _context.Board.Health.StateOf(trunk, destination) == TargetState.Down)
            {
                _causes.Add($"{_route.Name} ({destination}) is down");
                continue;
            }
            if (_context.LocalFor(destination) is not { } local)
            {
                _causes.Add($"{_route.Name} ({destination}): this node has no such transport");
                continue;
            }
            _attempts++;
            _lastRefusal = null;
            var invite = OutboundDress.Invite(_written, _route, destination.Transport, local, _nextCSeq);
            _delivery = new SipRequestDelivery(invite, [destination], _context.DigestOf(_route.Trunk));
            Take(_delivery.Start());
            return;
        }
        NextRoute();
    }

    // ---- the end ----

    /// <summary>Cancels what is under way; should it be answered all the same, that call is hung up.</summary>
    private void GiveUpAttempt()
    {
        if (_transaction is { } transaction && _delivery is { } delivery)
        {
            _context.Cancel(transaction);
            _context.HandOver(transaction, new AbandonedInvite(_context, delivery.Request, delivery.Destination!));
            _transaction = null;
        }
    }

    private void LeaveTransaction()
    {
        if (_transaction is { } transaction)
        {
            _context.HandOver(transaction, null);
            _transaction = null;
        }
    }

    private void Fail(string cause)
    {
        _context.Log.Warning("Call {CallId} could not be placed: {Cause}", _caller.CallId, cause);
        _context.States.OnForgotten(_caller.CallId);
        _context.TellFailed(_caller, cause, _failure);
        End();
    }

    private void Tell(SipResponse response)
    {
        _context.States.OnInviteResponse(_caller.CallId, response.StatusCode, response.To.Tag);
        _context.TellResponse(_caller, response);
    }

    private void End()
    {
        IsOver = true;
        _context.NoDeadline(this);
        if (!_answered)
        {
            LeaveTransaction();
        }
        _ended(this);
    }
}
