using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>A NOTIFY to send now.</summary>
/// <param name="Version">Of the document; rises by one (RFC 4235 §4.1).</param>
/// <param name="Full">All dialogs, or those that changed.</param>
/// <param name="State">The Subscription-State header.</param>
internal sealed record Notification(uint Version, bool Full, IReadOnlyList<WatchedDialog> Dialogs, string State);

/// <summary>
/// One subscription to the dialogs of an address, as the notifier has it (RFC 6665 §4.2, RFC 4235). Sans-IO: events go in,
/// <see cref="Next"/> tells the NOTIFY that is due, <see cref="NextDeadline"/> when to ask again. One NOTIFY is under way at
/// a time, so the subscriber gets the versions in order.
/// </summary>
internal sealed class Subscription(SubscriptionOptions options, DialogFilter? filter = null)
{
    // A subscriber that refuses this many notifications in a row does not want them.
    private const int MostRefusals = 3;

    // A subscriber may put off the next notification for as long as this, in s (RFC 6665 §4.2.2).
    private const uint LongestRetryAfter = 60;

    // The latest state of each dialog that the subscriber does not know, in the order of the changes.
    private readonly OrderedDictionary<string, WatchedDialog> _unknown = [];
    private readonly TimeSpan _interval = TimeSpan.FromMilliseconds(options.NotifyIntervalMs);
    private DateTimeOffset _expiresAt;

    // Changes wait for this time, which keeps the rate; the answer to a SUBSCRIBE and the last word do not.
    private DateTimeOffset _quietUntil = DateTimeOffset.MinValue;
    private bool _fullDue;
    private bool _atOnce;
    private string? _lastWord;
    private bool _lastWordSent;
    private bool _underWay;
    private int _refusals;
    private uint _version;

    /// <summary>Nothing more will be sent: it is to be forgotten.</summary>
    public bool IsOver { get; private set; }

    /// <summary>It takes no more SUBSCRIBE: 481.</summary>
    public bool IsEnding => IsOver || _lastWord is not null;

    /// <summary>When <see cref="Next"/> may have something without another event; MaxValue for never.</summary>
    public DateTimeOffset NextDeadline =>
        IsOver || _underWay || _lastWordSent ? DateTimeOffset.MaxValue
        : _lastWord is not null || _atOnce ? DateTimeOffset.MinValue
        : (_fullDue || _unknown.Count > 0) && _quietUntil < _expiresAt ? _quietUntil
        : _expiresAt;

    /// <summary>
    /// A SUBSCRIBE was answered 200: the first, a refresh, or the end (RFC 6665 §4.2.1.2: each brings a NOTIFY at once). 0 s as
    /// the first fetches the state.
    /// </summary>
    public void OnSubscribed(int seconds, DateTimeOffset now)
    {
        _expiresAt = now.AddSeconds(seconds);
        _fullDue = true;
        _atOnce = true;
        if (seconds == 0)
        {
            End("timeout");
        }
    }

    /// <summary>A dialog of the watched address changed.</summary>
    public void OnChanged(WatchedDialog dialog)
    {
        if (IsEnding || filter?.Lets(dialog) == false)
        {
            return;
        }
        _unknown[dialog.Id] = dialog;
        if (_unknown.Count > options.MaxDialogsPerNotify * 4)
        {
            // A subscriber that is so far behind is told all anew; what has ended is then simply not there.
            _unknown.Clear();
            _fullDue = true;
        }
    }

    /// <summary>The node is being stopped: the subscriber shall come back later.</summary>
    public void OnDrain(int retryAfterSeconds) => End($"probation;retry-after={retryAfterSeconds}");

    /// <summary>The final response to the NOTIFY under way.</summary>
    public void OnResponse(SipResponse response, DateTimeOffset now)
    {
        _underWay = false;
        if (_lastWordSent || EndsSubscription(response.StatusCode))
        {
            IsOver = true;
            return;
        }
        if (response.IsSuccess)
        {
            _refusals = 0;
            return;
        }
        if (++_refusals >= MostRefusals)
        {
            IsOver = true;
            return;
        }
        // It missed a version: the next notification tells all.
        _fullDue = true;
        _atOnce = false;
        if (response.RetryAfter is { } seconds)
        {
            _quietUntil = now.AddSeconds(Math.Min(seconds, LongestRetryAfter));
        }
    }

    /// <summary>The NOTIFY under way got no answer, or could not be sent: the subscriber is gone (RFC 6665 §4.2.2).</summary>
    public void OnFailed()
    {
        _underWay = false;
        IsOver = true;
    }

    /// <summary>The NOTIFY that is due now, taken as under way; null when none is.</summary>
    /// <param name="live">The dialogs of the watched address that have not ended.</param>
    public Notification? Next(DateTimeOffset now, Func<IEnumerable<WatchedDialog>> live)
    {
        if (!IsEnding && _expiresAt <= now)
        {
            End("timeout");
        }
        if (NextDeadline > now)
        {
            return null;
        }
        var full = _fullDue || _lastWord is not null;
        if (full)
        {
            _unknown.Clear();
            foreach (var dialog in live().Where(dialog => filter?.Lets(dialog) != false))
            {
                _unknown[dialog.Id] = dialog;
            }
        }
        var told = _unknown.Values.Take(options.MaxDialogsPerNotify).ToList();
        told.ForEach(dialog => _unknown.Remove(dialog.Id));
        var secondsLeft = Math.Max(1, (long)Math.Ceiling((_expiresAt - now).TotalSeconds));
        var state = _lastWord is null ? SubscribeRules.Active(secondsLeft) : $"terminated;reason={_lastWord}";
        _lastWordSent = _lastWord is not null;
        _fullDue = false;
        _atOnce = false;
        _underWay = true;
        _quietUntil = now + _interval;
        return new Notification(_version++, full, told, state);
    }

    private void End(string reason)
    {
        if (!IsEnding)
        {
            _lastWord = reason;
        }
    }

    /// <summary>
    /// Which responses end the usage or its whole dialog (RFC 5057 §5.2, RFC 6665 §4.2.2); others concern the one NOTIFY.
    /// </summary>
    private static bool EndsSubscription(int status) =>
        status
            is SipStatus.NotFound
                or SipStatus.MethodNotAllowed
                or SipStatus.RequestTimeout
                or SipStatus.Gone
                or SipStatus.UnsupportedUriScheme
                or SipStatus.TemporarilyUnavailable
                or SipStatus.CallDoesNotExist
                or SipStatus.LoopDetected
                or SipStatus.TooManyHops
                or SipStatus.AddressIncomplete
                or 485
                or SipStatus.BadEvent
                or SipStatus.NotImplemented
                or SipStatus.BadGateway
                or SipStatus.DoesNotExistAnywhere;
}
