using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>
/// The notifier of a node for the dialog event package (RFC 6665, RFC 4235): holds the subscriptions, hears of the calls
/// from <see cref="CallStates"/>, and sends what each <see cref="Subscription"/> has due. Bounded in all and per account.
/// </summary>
internal sealed class SubscriptionsActor : ReceiveActor, IWithTimers
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SubscriptionOptions _options;
    private readonly SipSender _sender;
    private readonly SubscriptionTags _tags;
    private readonly SubscriptionMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly int _retryAfterSeconds;

    private readonly Dictionary<string, Watcher> _byTag = [];
    private readonly Dictionary<string, List<Watcher>> _byResource = [];
    private readonly Dictionary<SipTransactionId, Watcher> _notifies = [];

    // The calls that have not ended, by what they are watched by; as many as the gateway has calls.
    private readonly Dictionary<string, OrderedDictionary<string, WatchedDialog>> _live = [];
    private bool _draining;

    public SubscriptionsActor(
        SubscriptionOptions options,
        SipSender sender,
        SubscriptionTags tags,
        SubscriptionMetrics metrics,
        TimeProvider time,
        int retryAfterSeconds
    )
    {
        _options = options;
        _sender = sender;
        _tags = tags;
        _metrics = metrics;
        _time = time;
        _retryAfterSeconds = retryAfterSeconds;
        Receive<AdmittedRequest>(subscribe =>
        {
            OnNew(subscribe);
            Arm();
        });
        Receive<DialogRequest>(
            dialog =>
            {
                OnRefresh(dialog.Received, _byTag.GetValueOrDefault(dialog.Request.To.Tag ?? ""));
                Arm();
            },
            dialog => dialog.Received.TransactionId is not null
        );
        Receive<WatchedDialog>(OnChanged);
        Receive<SipSender.Answered>(answer => OnNotifyOver(answer.Transaction, answer.Response));
        Receive<SipSender.Failed>(failed => OnNotifyOver(failed.Transaction, null));
        Receive<Due>(_ => NotifyAll());
        Receive<SipGatewayCommands.Drain>(_ => Drain());
    }

    private sealed record Due
    {
        public static readonly Due Instance = new();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    protected override void PostStop()
    {
        foreach (var _ in _byTag)
        {
            _metrics.Closed();
        }
    }

    // --- SUBSCRIBE -----------------------------------------------------------------------------------------------

    private void OnNew(AdmittedRequest admitted)
    {
        var subscribe = admitted.Received;
        var verdict = SubscribeRules.Judge(subscribe.Request, _options);
        if (verdict.Status != SipStatus.Ok)
        {
            Refuse(subscribe, verdict.Status, verdict.Cause);
            return;
        }
        var caller = admitted.Identity;
        if (caller.User is null && !_options.Trunks.Contains(caller.Trunk))
        {
            Refuse(subscribe, SipStatus.Forbidden, "only users, and the trunks of sip.subscriptions, may watch calls");
            return;
        }
        if (_draining)
        {
            Refuse(subscribe, SipStatus.ServiceUnavailable, "the node is being stopped");
            return;
        }
        if (_byTag.Count >= _options.MaxSubscriptions)
        {
            Refuse(subscribe, SipStatus.ServiceUnavailable, $"all {_options.MaxSubscriptions} subscriptions are taken");
            return;
        }
        if (_byTag.Values.Count(watcher => watcher.Account == caller.Account) >= _options.MaxSubscriptionsPerUser)
        {
            var cause = $"the user has all {_options.MaxSubscriptionsPerUser} subscriptions that it may have";
            Refuse(subscribe, SipStatus.Forbidden, cause);
            return;
        }
        if (ContactFor(subscribe) is not { } contact)
        {
            Refuse(subscribe, SipStatus.ServerInternalError, "no transport leads to the subscriber");
            return;
        }
        var watcher = new Watcher(admitted, verdict, contact, _options);
        _byTag[watcher.LocalTag] = watcher;
        _tags.Add(watcher.LocalTag);
        if (!_byResource.TryGetValue(watcher.Resource, out var watchers))
        {
            _byResource[watcher.Resource] = watchers = [];
        }
        watchers.Add(watcher);
        _metrics.Opened();
        _log.Info(
            "{Account} watches the calls of {Resource} for {Seconds} s",
            watcher.Account,
            watcher.Resource,
            verdict.Seconds
        );
        Accept(subscribe, watcher, verdict.Seconds);
    }

    private void OnRefresh(SipServerRequest subscribe, Watcher? watcher)
    {
        if (watcher is null || watcher.Subscription.IsEnding)
        {
            Refuse(subscribe, SipStatus.CallDoesNotExist, "there is no such subscription");
            return;
        }
        var verdict = SubscribeRules.Judge(subscribe.Request, _options);
        if (verdict.Status != SipStatus.Ok)
        {
            Refuse(subscribe, verdict.Status, verdict.Cause);
            return;
        }
        if (!verdict.Event.Equals(watcher.Event, StringComparison.Ordinal))
        {
            Refuse(subscribe, SipStatus.CallDoesNotExist, "the Event is not the subscription's");
            return;
        }
        switch (watcher.OnRefresh(subscribe.Request))
        {
            case SipDialogCheck.Accepted:
                Accept(subscribe, watcher, verdict.Seconds);
                break;
            case SipDialogCheck.OutOfOrder:
                Refuse(subscribe, SipStatus.ServerInternalError, "CSeq does not rise");
                break;
            default:
                Refuse(subscribe, SipStatus.CallDoesNotExist, "there is no such subscription");
                break;
        }
    }

    private void Accept(SipServerRequest subscribe, Watcher watcher, int seconds)
    {
        var response = SipResponse.Create(subscribe.Request, SipStatus.Ok, toTag: watcher.LocalTag);
        response.Expires = (uint)seconds;
        response.Contact = new NameAddress(watcher.Contact);
        _metrics.Answered(SipStatus.Ok);
        _sender.Respond(subscribe, response);
        watcher.Subscription.OnSubscribed(seconds, Now);
        Notify(watcher);
    }

    private void Refuse(SipServerRequest subscribe, int status, string cause)
    {
        _log.Info("SUBSCRIBE from {Remote} refused with {Status}: {Cause}", subscribe.Remote, status, cause);
        _metrics.Answered(status);
        var response = SipRefusal.Create(subscribe.Request, status, cause);
        switch (status)
        {
            case SipStatus.BadEvent:
                response.Headers.Add(SipHeaderId.AllowEvents, SubscribeRules.Package);
                break;
            case SipStatus.NotAcceptable:
                response.Headers.Add(SipHeaderId.Accept, DialogInfo.ContentType);
                break;
            case SipStatus.IntervalTooBrief:
                response.Headers.Add(SipHeaderId.MinExpires, $"{_options.MinExpirySeconds}");
                break;
            case SipStatus.ServiceUnavailable:
                response.RetryAfter = (uint)_retryAfterSeconds;
                break;
        }
        _sender.Respond(subscribe, response);
    }

    private SipUri? ContactFor(SipServerRequest subscribe)
    {
        var remote = subscribe.Flow.Remote;
        if (_sender.AdvertisedFor(remote) is not { } local)
        {
            return null;
        }
        var contact = SipUri.Create(subscribe.Request.RequestUri.User, local);
        return remote.Transport == "UDP"
            ? contact
            : contact with
            {
                Parameters = SipParameters.Empty.With("transport", remote.Transport.ToLowerInvariant()),
            };
    }

    // --- Calls ---------------------------------------------------------------------------------------------------

    private void OnChanged(WatchedDialog dialog)
    {
        if (dialog.State == WatchedState.Terminated)
        {
            if (_live.TryGetValue(dialog.Resource, out var live) && live.Remove(dialog.Id) && live.Count == 0)
            {
                _live.Remove(dialog.Resource);
            }
        }
        else
        {
            if (!_live.TryGetValue(dialog.Resource, out var live))
            {
                _live[dialog.Resource] = live = [];
            }
            live[dialog.Id] = dialog;
        }
        if (_byResource.TryGetValue(dialog.Resource, out var watchers))
        {
            foreach (var watcher in watchers.ToList())
            {
                watcher.Subscription.OnChanged(dialog);
                Notify(watcher);
            }
            Arm();
        }
    }

    // --- NOTIFY --------------------------------------------------------------------------------------------------

    private void Notify(Watcher watcher)
    {
        var due = watcher.Subscription.Next(Now, () => LiveOf(watcher.Resource));
        if (due is not null)
        {
            if (_sender.Send(watcher.CreateNotify(due), watcher.Destination, Self) is { } transaction)
            {
                _notifies[transaction] = watcher;
                _metrics.Notified();
            }
            else
            {
                watcher.Subscription.OnFailed();
            }
        }
        if (watcher.Subscription.IsOver)
        {
            Forget(watcher);
        }
    }

    private IEnumerable<WatchedDialog> LiveOf(string resource) =>
        _live.TryGetValue(resource, out var live) ? live.Values : [];

    private void OnNotifyOver(SipTransactionId transaction, SipResponse? response)
    {
        if (!_notifies.Remove(transaction, out var watcher))
        {
            return;
        }
        if (response is null)
        {
            watcher.Subscription.OnFailed();
        }
        else
        {
            watcher.Subscription.OnResponse(response, Now);
        }
        Notify(watcher);
        Arm();
    }

    private void NotifyAll()
    {
        foreach (var watcher in _byTag.Values.ToList())
        {
            Notify(watcher);
        }
        Arm();
    }

    private void Drain()
    {
        _draining = true;
        foreach (var watcher in _byTag.Values)
        {
            watcher.Subscription.OnDrain(_retryAfterSeconds);
        }
        NotifyAll();
    }

    private void Forget(Watcher watcher)
    {
        if (!_byTag.Remove(watcher.LocalTag))
        {
            return;
        }
        _tags.Remove(watcher.LocalTag);
        _metrics.Closed();
        var watchers = _byResource[watcher.Resource];
        watchers.Remove(watcher);
        if (watchers.Count == 0)
        {
            _byResource.Remove(watcher.Resource);
        }
    }

    /// <summary>One timer for all: set to the earliest deadline.</summary>
    private void Arm()
    {
        var next = DateTimeOffset.MaxValue;
        foreach (var watcher in _byTag.Values)
        {
            var deadline = watcher.Subscription.NextDeadline;
            next = deadline < next ? deadline : next;
        }
        if (next == DateTimeOffset.MaxValue)
        {
            Timers.Cancel(nameof(Due));
            return;
        }
        var delay = next - Now;
        Timers.StartSingleTimer(nameof(Due), Due.Instance, delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
    }
}
