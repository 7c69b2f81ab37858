using System.Globalization;
using Akka.Event;
using OCPlatform.Sip;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Gateways.Sip;

/// <summary>One attempt: what is sent, what its responses mean for the next one, and for the health of its target.</summary>
internal sealed partial class OutboundInvite
{
    private int FirstResponseMs =>
        _route?.Trunk?.Options.AnswerFirstResponseMs ?? _context.Options.AnswerFirstResponseMs;

    private void Take(SipDeliveryStep step)
    {
        switch (step)
        {
            case SipDeliveryStep.Next next:
                Send(next);
                break;
            case SipDeliveryStep.Provisional provisional:
                Tell(provisional.Response);
                break;
            case SipDeliveryStep.Final final:
                OnFinal(final.Response);
                break;
        }
    }

    private void Send(SipDeliveryStep.Next next)
    {
        if (_transaction is { } challenged)
        {
            _context.HandOver(challenged, null);
            _transaction = null;
        }
        _step++;
        _heard = false;
        _nextCSeq = next.Request.CSeq.Number + 1;
        _transaction = _context.Send(
            next.Request,
            next.Destination,
            this,
            () =>
            {
                _context.States.OnInviteSent(_caller.CallId, next.Request);
                _context.TellSent(_caller, next.Request, next.Destination, _route!.Trunk);
            }
        );
        if (_transaction is null)
        {
            _routes.Clear();
            _destinations.Clear();
            OnSilence("the gateway's tables are full");
            return;
        }
        _context.Deadline(this, _step, FirstResponseMs);
    }

    private void OnFinal(SipResponse response)
    {
        if (IsOver)
        {
            // The 2xx again, or that of another fork.
            Tell(response);
            return;
        }
        Judge(response);
        if (response.IsSuccess)
        {
            _answered = true;
            _context.Guards.Answered(DialogId, _context.Now);
            Tell(response);
            End();
            return;
        }
        if (!_cancelled && (Redirects(response) || FailsOver(response)))
        {
            _causes.Add($"{Where}: {response.StatusCode} {response.ReasonPhrase}");
            _lastRefusal = response;
            LeaveTransaction();
            NextDestination();
            return;
        }
        Tell(response);
        End();
    }

    private void OnSilence(string cause)
    {
        _context.NoDeadline(this);
        _causes.Add($"{Where}: {cause}");
        if (_route?.Trunk is { } trunk && _delivery?.Destination is { } destination)
        {
            _context.Board.Health.OnFailure(trunk, destination, $"INVITE: {cause}");
        }
        if (_cancelled)
        {
            Fail($"cancelled; {string.Join("; ", _causes)}");
            return;
        }
        _context.Log.Info("Call {CallId}: {Cause}; trying the next way", _caller.CallId, _causes[^1]);
        NextDestination();
    }

    private bool FailsOver(SipResponse response) =>
        (_routes.Count > 0 || _destinations.Count > 0)
        && (_route!.Trunk?.FailsOver(response.StatusCode) ?? TrunkSettings.FailsOverByDefault(response.StatusCode));

    /// <summary>
    /// RFC 3261 §8.1.3.4, where the trunk allows it: numbers are called over the same trunk, other addresses as any call to them, and
    /// both only when the guards let them.
    /// </summary>
    private bool Redirects(SipResponse response)
    {
        if (
            response.StatusCode is < 300 or >= 400
            || _route!.Trunk is not { Options.FollowRedirects: true } trunk
            || _redirects >= _context.Options.MaxRedirects
        )
        {
            return false;
        }
        _redirects++;
        var followed = response
            .Contacts.OrderByDescending(QOf)
            .Where(contact => contact.Uri.IsSip && _redirectedTo.Add(contact.Uri.ToString()))
            .Take(_context.Options.MaxAttempts)
            .SelectMany(contact => RoutesTo(contact.Uri, trunk))
            .ToList();
        if (followed.Count == 0)
        {
            return false;
        }
        _destinations.Clear();
        _routes.Clear();
        foreach (var route in followed)
        {
            _routes.AddLast(route);
        }
        return true;
    }

    private IReadOnlyList<OutboundRoute> RoutesTo(SipUri target, TrunkSettings trunk) =>
        _context.Routes.Plan(target, DialledNumber.Of(target) is null ? null : trunk.Name).Routes;

    private static double QOf(NameAddress contact) =>
        double.TryParse(contact.Parameters["q"], NumberStyles.Float, CultureInfo.InvariantCulture, out var q) ? q : 1;

    private void Judge(SipResponse response)
    {
        if (_route?.Trunk is not { } trunk || _delivery?.Destination is not { } destination)
        {
            return;
        }
        if (TargetHealth.IsAlive(response.StatusCode))
        {
            _context.Board.Health.OnSuccess(trunk, destination);
        }
        else
        {
            _context.Board.Health.OnFailure(
                trunk,
                destination,
                $"INVITE: {response.StatusCode} {response.ReasonPhrase}",
                response.StatusCode == SipStatus.ServiceUnavailable && response.RetryAfter is { } seconds
                    ? TimeSpan.FromSeconds(seconds)
                    : null
            );
        }
    }

    private string Where => $"{_route?.Name} ({_delivery?.Destination})";
}
