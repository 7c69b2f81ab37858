namespace OCPlatform.Media.Engine;

/// <summary>A mark that was not reached, and how many samples before it were never sent.</summary>
public readonly record struct PendingMark(long Id, int SamplesUnsent);

/// <summary>What <see cref="Playout.Clear"/> cut off. Samples are at the session's rate.</summary>
/// <param name="LastMark">The last mark that was reached since the session started, or null.</param>
/// <param name="SamplesSinceLastMark">Samples sent after that mark: what the far end did hear of the next stretch.</param>
/// <param name="Pending">The marks that will never come, in order.</param>
/// <param name="SamplesDropped">Samples enqueued but never sent.</param>
/// <param name="TotalSamplesSent">All enqueued samples sent since the session started.</param>
public sealed record PlayoutCleared(
    long? LastMark,
    long SamplesSinceLastMark,
    IReadOnlyList<PendingMark> Pending,
    int SamplesDropped,
    long TotalSamplesSent
);

/// <summary>
/// The audio still to be sent: a bounded ring of PCM at the session's rate between one producing side (any thread; calls are serialised
/// among themselves) and the clock thread, which takes 20 ms a tick and never waits. When it is full the producer
/// waits; nothing is lost.
/// </summary>
public sealed class Playout
{
    /// <summary>Marks that can be pending at once.</summary>
    public const int MaxMarks = 128;

    // 5 ms: short enough to be heard as "stopped", long enough not to click.
    private const int RampMs = 5;

    private readonly int _capacityMs;

    // Made when they are first needed: many a call plays nothing of its own. Published to the clock thread by what counts
    // its content (_written, _marksWritten).
    private short[] _ring = [];
    private (long Position, long Id)[] _marks = [];
    private int _capacity;
    private int _rampSamples;

    // Serialises producers; the clock thread takes it only to finish a Clear.
    private readonly Lock _producer = new();

    // Positions count samples since the session started. Written by the producer:
    private long _written;
    private long _marksWritten;
    private long _clearUpTo;
    private long _epoch;
    private TaskCompletionSource<PlayoutCleared>? _clearing;
    private SpaceWaiter? _waiter;
    private volatile bool _paused;
    private volatile bool _closed;

    // Written by the clock thread:
    private long _read;
    private long _marksRead;
    private long _dropped;
    private long? _lastMark;
    private long _lastMarkSent;
    private bool _silenced = true;
    private bool _playing;

    internal Playout(int capacityMs, int sampleRateHz = 8000)
    {
        _capacityMs = capacityMs;
        SetRate(sampleRateHz);
    }

    /// <summary>Samples that fit when it is empty.</summary>
    public int Capacity => _capacity;

    /// <summary>Rate of the samples it takes; settled by <see cref="MediaSession.Start"/>.</summary>
    public int SampleRateHz { get; private set; }

    /// <summary>Samples enqueued and not yet sent.</summary>
    public int Buffered =>
        (int)(Volatile.Read(ref _written) - Math.Max(Volatile.Read(ref _read), Volatile.Read(ref _clearUpTo)));

    /// <summary>
    /// Grows with every <see cref="Clear"/>. A producer that took it before it began passes it along, so that audio which
    /// was under way when the playout was cleared does not slip in afterwards.
    /// </summary>
    public long Epoch => Volatile.Read(ref _epoch);

    /// <summary>Appends as much of <paramref name="pcm"/> as fits and says how many samples that was.</summary>
    public int TryEnqueue(ReadOnlySpan<short> pcm)
    {
        lock (_producer)
            return Append(pcm);
    }

    /// <summary>As above; −1 when the playout was cleared after <paramref name="epoch"/> was read, or is closed.</summary>
    public int TryEnqueue(ReadOnlySpan<short> pcm, long epoch)
    {
        lock (_producer)
            return _closed || epoch != _epoch ? -1 : Append(pcm);
    }

    /// <summary>Appends all of <paramref name="pcm"/>, waiting while the ring is full.</summary>
    /// <returns>False when it was cleared or closed meanwhile; the rest was not enqueued.</returns>
    public async ValueTask<bool> EnqueueAsync(
        ReadOnlyMemory<short> pcm,
        long epoch,
        CancellationToken cancellationToken = default
    )
    {
        while (true)
        {
            var taken = TryEnqueue(pcm.Span, epoch);
            if (taken < 0)
                return false;
            pcm = pcm[taken..];
            if (pcm.IsEmpty)
                return true;
            // A quarter of the ring at least, so that the producer does not wake for every tick.
            if (!await WaitForSpaceAsync(Math.Min(pcm.Length, Capacity / 4), cancellationToken))
                return false;
        }
    }

    /// <summary>Completes when <paramref name="samples"/> fit (true), or the playout was cleared or closed (false).</summary>
    public async ValueTask<bool> WaitForSpaceAsync(int samples, CancellationToken cancellationToken = default)
    {
        samples = Math.Min(samples, Capacity);
        SpaceWaiter waiter;
        lock (_producer)
        {
            if (_closed)
                return false;
            if (Free >= samples)
                return true;
            if (_waiter is not null)
                throw new InvalidOperationException("Another producer is waiting already.");
            waiter = new SpaceWaiter(samples);
            Volatile.Write(ref _waiter, waiter);
        }

        await using (cancellationToken.Register(() => waiter.Completion.TrySetCanceled(cancellationToken)))
        {
            // The clock may have made room between the check and the store; look once more.
            if (Free >= samples)
                waiter.Completion.TrySetResult(true);
            if (_closed)
                waiter.Completion.TrySetResult(false);
            try
            {
                return await waiter.Completion.Task;
            }
            finally
            {
                Interlocked.CompareExchange(ref _waiter, null, waiter);
            }
        }
    }

    /// <summary>Asks for <see cref="IMediaSink.OnMark"/> when everything enqueued so far has been sent.</summary>
    /// <returns>False when <see cref="MaxMarks"/> are pending.</returns>
    public bool Mark(long id)
    {
        lock (_producer)
        {
            if (_closed || _marksWritten - Volatile.Read(ref _marksRead) >= MaxMarks)
                return false;
            if (_marks.Length == 0)
                _marks = new (long, long)[MaxMarks];
            _marks[_marksWritten % MaxMarks] = (_written, id);
            Volatile.Write(ref _marksWritten, _marksWritten + 1);
            return true;
        }
    }

    /// <summary>
    /// Drops everything enqueued so far: at the next tick the sound fades within 5 ms, then silence is sent. Audio
    /// enqueued after this call is kept. The result also comes to <see cref="IMediaSink.OnPlayoutCleared"/>, after the
    /// <see cref="IMediaSink.OnMark"/> of every mark that was reached.
    /// </summary>
    public Task<PlayoutCleared> Clear()
    {
        lock (_producer)
        {
            var clearing = _clearing ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            _epoch++;
            Interlocked.Exchange(ref _waiter, null)?.Completion.TrySetResult(false);
            Volatile.Write(ref _clearUpTo, _written);
            // After the cut is in place, so that a paused playout does not sound once more.
            _paused = false;
            Volatile.Write(ref _clearRequests, _clearRequests + 1);
            if (_closed)
                CompleteClear(NothingMore());
            return clearing.Task;
        }
    }

    private long _clearRequests;
    private long _clearsDone;

    /// <summary>Holds the playout where it is, with a short fade; the far end hears silence. Undone by Resume or Clear.</summary>
    public void Pause() => _paused = true;

    /// <summary>Goes on where <see cref="Pause"/> stopped.</summary>
    public void Resume() => _paused = false;

    /// <summary>The session's rate is known, and nobody reads yet; what was enqueued for another rate is dropped.</summary>
    internal void SetRate(int sampleRateHz)
    {
        lock (_producer)
        {
            if (sampleRateHz == SampleRateHz)
                return;
            SampleRateHz = sampleRateHz;
            _capacity = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(_capacityMs * sampleRateHz / 1000));
            _rampSamples = RampMs * sampleRateHz / 1000;
            _ring = [];
            _read = _written;
        }
    }

    private int Free => _capacity - (int)(_written - Volatile.Read(ref _read));

    private int Append(ReadOnlySpan<short> pcm)
    {
        if (_closed)
            return 0;
        if (_ring.Length == 0)
            _ring = new short[_capacity];
        var count = Math.Min(Free, pcm.Length);
        var at = (int)_written & (_capacity - 1);
        var first = Math.Min(count, _ring.Length - at);
        pcm[..first].CopyTo(_ring.AsSpan(at));
        pcm[first..count].CopyTo(_ring);
        Volatile.Write(ref _written, _written + count);
        return count;
    }

    // ---- The clock thread's side ----

    /// <summary>Samples taken out so far, cleared ones included.</summary>
    internal long Position => _read;

    /// <summary>Fills <paramref name="frame"/> with the next samples, then silence; returns how many were enqueued audio.</summary>
    internal int Read(Span<short> frame)
    {
        var clearUpTo = Volatile.Read(ref _clearUpTo);
        var available = (int)Math.Min(Volatile.Read(ref _written) - _read, frame.Length);
        var clear = clearUpTo > _read;
        if (clear)
            available = (int)Math.Min(clearUpTo - _read, Math.Min(available, _rampSamples));
        else if (_paused)
            available = Math.Min(available, _rampSamples);
        var stop = clear || _paused;
        if (stop && _silenced)
            available = 0;

        CopyOut(frame[..available]);
        if (stop && available > 0)
            RampDown(frame[..available]);
        else if (_silenced && available > 0)
            RampUp(frame[..Math.Min(_rampSamples, available)]);
        frame[available..].Clear();
        _silenced = stop || available == 0;
        Volatile.Write(ref _read, _read + available);
        return available;
    }

    /// <summary>After the packet has left: reports marks up to <paramref name="sentPosition"/>, clears, and start or end.</summary>
    internal void Report(IMediaSink sink, int played, long sentPosition)
    {
        if (played > 0 && !_playing)
        {
            _playing = true;
            sink.OnPlayoutStarted();
        }

        ReportMarks(sink, sentPosition);
        if (Volatile.Read(ref _clearRequests) != _clearsDone)
            FinishClear(sink);
        if (_playing && !_paused && sentPosition >= Volatile.Read(ref _written))
        {
            _playing = false;
            sink.OnPlayoutDrained();
        }

        var waiter = Volatile.Read(ref _waiter);
        if (waiter is not null && _capacity - (int)(Volatile.Read(ref _written) - _read) >= waiter.Samples)
        {
            if (Interlocked.CompareExchange(ref _waiter, null, waiter) == waiter)
                waiter.Completion.TrySetResult(true);
        }
    }

    /// <summary>No more audio will be taken: every waiting producer is let go.</summary>
    internal void Close()
    {
        lock (_producer)
        {
            _closed = true;
            Interlocked.Exchange(ref _waiter, null)?.Completion.TrySetResult(false);
            if (_clearing is not null)
                CompleteClear(NothingMore());
        }
    }

    private void ReportMarks(IMediaSink sink, long sentPosition)
    {
        var end = Volatile.Read(ref _marksWritten);
        while (_marksRead < end)
        {
            var (position, id) = _marks[_marksRead % MaxMarks];
            if (position > sentPosition)
                return;
            Volatile.Write(ref _marksRead, _marksRead + 1);
            _lastMark = id;
            _lastMarkSent = position - _dropped;
            sink.OnMark(id);
        }
    }

    private void FinishClear(IMediaSink sink)
    {
        PlayoutCleared report;
        lock (_producer)
        {
            _clearsDone = _clearRequests;
            report = NothingMore();
            CompleteClear(report);
        }

        sink.OnPlayoutCleared(report);
    }

    /// <summary>Drops what is to be cleared and sums up. Marks at or before the cut are pending for good.</summary>
    private PlayoutCleared NothingMore()
    {
        var sent = _read - _dropped;
        var pending = new List<PendingMark>();
        while (
            _marksRead < _marksWritten && _marks[_marksRead % MaxMarks] is var (position, id) && position <= _clearUpTo
        )
        {
            pending.Add(new PendingMark(id, (int)Math.Max(0, position - _read)));
            _marksRead++;
        }

        var drop = (int)Math.Max(0, _clearUpTo - _read);
        _dropped += drop;
        Volatile.Write(ref _read, _read + drop);
        return new PlayoutCleared(_lastMark, sent - _lastMarkSent, pending, drop, sent);
    }

    private void CompleteClear(PlayoutCleared report)
    {
        var clearing = _clearing;
        _clearing = null;
        clearing?.TrySetResult(report);
    }

    private void CopyOut(Span<short> destination)
    {
        if (destination.IsEmpty)
            return;
        var at = (int)_read & (_capacity - 1);
        var first = Math.Min(destination.Length, _ring.Length - at);
        _ring.AsSpan(at, first).CopyTo(destination);
        _ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }

    private static void RampDown(Span<short> samples)
    {
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(samples[i] * (samples.Length - i) / (samples.Length + 1));
    }

    private static void RampUp(Span<short> samples)
    {
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(samples[i] * (i + 1) / (samples.Length + 1));
    }

    private sealed record SpaceWaiter(int Samples)
    {
        public TaskCompletionSource<bool> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
