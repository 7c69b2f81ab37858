namespace OCPlatform.LoadTest;

/// <summary>
/// Watches whether a call's audio goes on: gaps between packets, moves to another address, and whether somebody else speaks at
/// the same time. Packets come on the media clock, offers on the SIP loop.
/// </summary>
public sealed class ContinuityObserver
{
    /// <summary>Gaps from this length on are told.</summary>
    public static readonly TimeSpan ToldGap = TimeSpan.FromMilliseconds(200);

    // Shorter ones are the network's and the clocks' jitter.
    private static readonly TimeSpan NotedGap = TimeSpan.FromMilliseconds(30);

    // A ghost on the old node may go on a little, and a killed one fell silent long before the offer came.
    private static readonly TimeSpan MoveSettles = TimeSpan.FromSeconds(1);

    // The new source may be heard a moment before its offer is.
    private static readonly TimeSpan BeforeMove = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SpeechNearGap = TimeSpan.FromMilliseconds(300);

    private const int MostNotedGaps = 4096;
    private const int StepMs = 20;
    private const byte Spoken = 1;
    private const byte SpokenByStranger = 2;

    private readonly Lock _gate = new();
    private readonly List<CallMove> _moves = [];
    private readonly List<AudioGap> _gaps = [];
    private readonly List<byte> _steps = [];
    private readonly List<(TimeSpan At, uint Source)> _strangers = [];
    private TimeSpan _answeredAt;
    private TimeSpan? _lastPacket;
    private uint _source;
    private long _strangerPackets;
    private int _reinvites;

    /// <summary>The last packet of the source that is listened to; null before the first.</summary>
    public TimeSpan? LastPacket => _lastPacket;

    public void OnAnswered(TimeSpan at) => _answeredAt = at;

    /// <summary>A packet of the source that is listened to.</summary>
    public void OnPacket(uint source, TimeSpan at)
    {
        if (_lastPacket is { } last && at - last >= NotedGap && _gaps.Count < MostNotedGaps)
        {
            _gaps.Add(new AudioGap(last, at, _source, source));
        }
        _lastPacket = at;
        _source = source;
    }

    /// <summary>A frame of that source with speech in it.</summary>
    public void OnSpeech(TimeSpan at) => Mark(at, Spoken);

    /// <summary>A packet of a source that is not listened to.</summary>
    public void OnStranger(uint source, bool speech, TimeSpan at)
    {
        _strangerPackets++;
        if (_strangers is [.., var last] && last.Source == source)
        {
            _strangers[^1] = (at, source);
        }
        else if (_strangers.Count < MostNotedGaps)
        {
            _strangers.Add((at, source));
        }
        if (speech)
        {
            Mark(at, SpokenByStranger);
        }
    }

    /// <summary>An offer of the platform within the call was answered.</summary>
    public void OnOffer(TimeSpan at, string from, string to)
    {
        lock (_gate)
        {
            _reinvites++;
            if (from != to)
            {
                _moves.Add(new CallMove(at, from, to));
            }
        }
    }

    /// <summary>Sums up, when no more will come.</summary>
    /// <param name="endedAt">The end of the call: a call that fell silent before has a gap up to here.</param>
    /// <param name="speech">The agent's stretches of speech, in order.</param>
    public ContinuityMeasurement Finish(TimeSpan endedAt, IReadOnlyList<SpeechSegment> speech)
    {
        if (_lastPacket is { } last && endedAt - last >= NotedGap)
        {
            _gaps.Add(new AudioGap(last, endedAt, _source, 0));
        }
        lock (_gate)
        {
            return new ContinuityMeasurement
            {
                Reinvites = _reinvites,
                Moves = [.. _moves.Select((move, n) => Judge(move, n, speech))],
                Gaps = [.. _gaps.Where(g => g.Length >= ToldGap)],
                LongestGap = _gaps.Count == 0 ? TimeSpan.Zero : _gaps.Max(g => g.Length),
                TwoAgents = TimeSpan.FromMilliseconds(
                    StepMs * _steps.Count(step => step == (Spoken | SpokenByStranger))
                ),
                StrangerPackets = _strangerPackets,
            };
        }
    }

    private CallMove Judge(CallMove move, int index, IReadOnlyList<SpeechSegment> speech)
    {
        var until = move.At + MoveSettles;
        var gap = _gaps.Where(g => g.End >= move.At - BeforeMove && g.Start <= until).MaxBy(g => g.Length);
        var next = index + 1 < _moves.Count ? _moves[index + 1].At : TimeSpan.MaxValue;
        var stranger = _strangers.Where(s => s.At > move.At && s.At < next).Select(s => s.At).LastOrDefault(move.At);
        return move with
        {
            Gap = gap?.Length ?? TimeSpan.Zero,
            SpeechGap = gap is null ? null : SpeechGapOf(gap, speech),
            StrangerLasted = stranger - move.At,
        };
    }

    private static TimeSpan? SpeechGapOf(AudioGap gap, IReadOnlyList<SpeechSegment> speech)
    {
        if (gap.Length < ToldGap)
        {
            return null;
        }
        var cut = speech.LastOrDefault(s => s.Start < gap.Start && s.End > gap.Start - SpeechNearGap);
        var after = speech.FirstOrDefault(s => s.Start >= gap.End - SpeechNearGap && s.Start > cut.End);
        return cut == default || after == default ? null : after.Start - cut.End;
    }

    private void Mark(TimeSpan at, byte what)
    {
        var step = (int)((at - _answeredAt).TotalMilliseconds / StepMs);
        if (step < 0 || step > 24 * 3600 * 1000 / StepMs)
        {
            return;
        }
        while (_steps.Count <= step)
        {
            _steps.Add(0);
        }
        _steps[step] |= what;
    }
}
