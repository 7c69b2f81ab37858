using System.Globalization;

namespace OCPlatform.Sip.Sessions;

internal enum SessionTimerAction
{
    None,

    /// <summary>A refresh of ours is due.</summary>
    Refresh,

    /// <summary>The peer let the session expire, or our refreshes came to nothing: BYE.</summary>
    Expired,
}

/// <summary>A Session-Expires value (RFC 4028 §4).</summary>
internal readonly record struct SessionExpires(int IntervalS, string? Refresher)
{
    /// <summary>Null when absent or malformed.</summary>
    public static SessionExpires? Of(SipMessage message)
    {
        if (message.Headers[SipHeaderId.SessionExpires] is not { } text)
        {
            return null;
        }
        var semicolon = text.IndexOf(';');
        var number = (semicolon < 0 ? text : text[..semicolon]).Trim();
        if (
            !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var intervalS)
            || intervalS == 0
            || !SipParameters.TryParse(SipText.Bytes(semicolon < 0 ? "" : text[semicolon..]), out var parameters)
        )
        {
            return null;
        }
        return new(intervalS, parameters["refresher"]?.ToLowerInvariant());
    }

    /// <summary>Min-SE, or what counts without it.</summary>
    public static int MinimumOf(SipMessage message)
    {
        var text = message.Headers[SipHeaderId.MinSE];
        var end = text?.IndexOf(';') ?? -1;
        return int.TryParse(
            end < 0 ? text : text![..end].Trim(),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var seconds
        )
            ? seconds
            : SessionTimer.LeastMinSeS;
    }
}

/// <summary>
/// The session timer of RFC 4028, either side: what to ask, what to agree to, when to refresh (half the interval) and when to give the
/// session up (a third of the interval, at most 32 s, before its end). Sans-IO.
/// </summary>
internal sealed class SessionTimer(SipSessionOptions options)
{
    public const int LeastMinSeS = 90;

    /// <summary>However short an interval the peer insists on, it does not make us a source of floods.</summary>
    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestHeadStart = TimeSpan.FromSeconds(32);

    private TimeSpan _refreshAt = TimeSpan.MaxValue;
    private TimeSpan _expireAt = TimeSpan.MaxValue;

    /// <summary>What is agreed on; null without a timer.</summary>
    public SipSessionTimerState? State { get; private set; }

    /// <summary>The largest Min-SE asked of us.</summary>
    public int MinSeS { get; private set; }

    public TimeSpan Deadline => _refreshAt < _expireAt ? _refreshAt : _expireAt;

    /// <summary>
    /// After a move nobody knows how long ago the last refresh was: ours is sent right away, the peer's gets a whole interval.
    /// </summary>
    public void Restore(SipSessionTimerState? state, int minSeS, TimeSpan now)
    {
        MinSeS = minSeS;
        State = state;
        Start(now);
        if (state is { WeRefresh: true })
        {
            _refreshAt = now + LeastWait;
        }
    }

    public void Stop()
    {
        State = null;
        _refreshAt = _expireAt = TimeSpan.MaxValue;
    }

    /// <summary>A request of ours got 422: false when its Min-SE asks for nothing new.</summary>
    public bool Raise(SipResponse refusal)
    {
        var minimum = SessionExpires.MinimumOf(refusal);
        if (minimum <= Math.Max(MinSeS, AskedIntervalS))
        {
            return false;
        }
        MinSeS = minimum;
        return true;
    }

    /// <summary>Session-Expires and Min-SE of an INVITE or UPDATE of ours (§7.1, §7.4).</summary>
    public void Ask(SipRequest request, bool peerSupports)
    {
        if (State is null && options.SessionExpiresS == 0)
        {
            return;
        }
        // Within a dialog the roles stay; a peer may only be made refresher when it is known to understand (§7.1).
        var refresher = State is { } state
            ? state.WeRefresh || !peerSupports
                ? ";refresher=uac"
                : ";refresher=uas"
            : options.Refresher switch
            {
                SipRefresher.Us => ";refresher=uac",
                SipRefresher.Peer when peerSupports => ";refresher=uas",
                _ => "",
            };
        request.Headers.Set(SipHeaderId.SessionExpires, Text(AskedIntervalS) + refresher);
        if (Math.Max(MinSeS, options.MinSeS) is var minimum && minimum > LeastMinSeS)
        {
            request.Headers.Set(SipHeaderId.MinSE, Text(minimum));
        }
    }

    /// <summary>The Min-SE that a peer's INVITE or UPDATE is refused with (422); null when it is all right (§9).</summary>
    public int? RefusalOf(SipRequest request) =>
        SessionExpires.Of(request) is { } asked
        && asked.IntervalS < options.MinSeS
        && request.Headers.HasToken(SipHeaderId.Supported, "timer")
            ? options.MinSeS
            : null;

    /// <summary>Callee: agrees on a timer and says so in the 2xx (§9, table 2).</summary>
    public void Accept(SipRequest request, SipResponse response, TimeSpan now)
    {
        var peerSupports = request.Headers.HasToken(SipHeaderId.Supported, "timer");
        var asked = SessionExpires.Of(request);
        var minimum = Math.Max(options.MinSeS, SessionExpires.MinimumOf(request));
        int intervalS;
        bool weRefresh;
        if (asked is { } wish)
        {
            intervalS =
                options.SessionExpiresS > 0
                    ? Math.Min(wish.IntervalS, Math.Max(options.SessionExpiresS, minimum))
                    : wish.IntervalS;
            weRefresh = wish.Refresher switch
            {
                "uas" => true,
                "uac" => !peerSupports,
                _ => !peerSupports || options.Refresher == SipRefresher.Us,
            };
        }
        else if (State is { } state)
        {
            (intervalS, weRefresh) = (state.IntervalS, state.WeRefresh || !peerSupports);
        }
        else if (options.SessionExpiresS > 0)
        {
            intervalS = Math.Max(options.SessionExpiresS, minimum);
            weRefresh = !peerSupports || options.Refresher != SipRefresher.Peer;
        }
        else
        {
            return;
        }
        State = new(intervalS, weRefresh, Agreed: peerSupports || asked is not null);
        response.Headers.Set(SipHeaderId.SessionExpires, $"{Text(intervalS)};refresher={(weRefresh ? "uas" : "uac")}");
        if (!weRefresh)
        {
            response.Headers.Add(SipHeaderId.Require, "timer");
        }
        Start(now);
    }

    /// <summary>Caller: takes what the 2xx to an INVITE or UPDATE of ours says (§7.2).</summary>
    public void Accepted(SipRequest request, SipResponse response, TimeSpan now)
    {
        if (SessionExpires.Of(response) is { } agreed)
        {
            State = new(Math.Max(agreed.IntervalS, options.MinSeS), agreed.Refresher != "uas", Agreed: true);
        }
        else if (SessionExpires.Of(request) is { } asked)
        {
            // The peer knows no timers. We still look after it at our own pace, and only a dead dialog ends the call.
            State = new(asked.IntervalS, WeRefresh: true, Agreed: false);
        }
        else
        {
            State = null;
        }
        Start(now);
    }

    public SessionTimerAction OnDeadline(TimeSpan now)
    {
        if (State is not { } state)
        {
            return SessionTimerAction.None;
        }
        if (now >= _expireAt)
        {
            _expireAt = TimeSpan.MaxValue;
            return SessionTimerAction.Expired;
        }
        if (now < _refreshAt)
        {
            return SessionTimerAction.None;
        }
        // Should it come to nothing (glare, an error), there is time for more tries before the end.
        var next = state.Agreed ? (_expireAt - now) / 2 : Interval(state) / 2;
        _refreshAt = now + (next > LeastWait ? next : LeastWait);
        return SessionTimerAction.Refresh;
    }

    private int AskedIntervalS => Math.Max(State?.IntervalS ?? options.SessionExpiresS, MinSeS);

    private void Start(TimeSpan now)
    {
        _refreshAt = _expireAt = TimeSpan.MaxValue;
        if (State is not { } state)
        {
            return;
        }
        var interval = Interval(state);
        if (state.WeRefresh)
        {
            _refreshAt = now + (interval / 2 > LeastWait ? interval / 2 : LeastWait);
        }
        if (state.Agreed)
        {
            _expireAt = now + interval - (interval / 3 < LongestHeadStart ? interval / 3 : LongestHeadStart);
        }
    }

    private static TimeSpan Interval(SipSessionTimerState state) => TimeSpan.FromSeconds(state.IntervalS);

    private static string Text(int seconds) => seconds.ToString(CultureInfo.InvariantCulture);
}
