using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// One thread that serves its sessions every 20 ms, in slots spread over the tick. Deadlines are absolute: a late slot does
/// not make the next one late. Sessions come and go through a queue that is read between slots; nothing else is shared.
/// </summary>
internal sealed class MediaClock : IDisposable
{
    public const long TickNs = 20_000_000;

    // Further behind than this the missed ticks are given up: a burst of them would help nobody.
    private const long GiveUpNs = 100_000_000;

    private readonly MediaOptions _options;
    private readonly Thread _thread;
    private readonly ConcurrentQueue<MediaSession> _arriving = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly List<MediaSession>[] _slots;
    private readonly LatenessMeter _meter = new();
    private volatile bool _stop;
    private int _sessions;
    private long _ticks;
    private long _skipped;

    public MediaClock(MediaOptions options, int index)
    {
        _options = options;
        _slots = new List<MediaSession>[options.ClockSlots];
        for (var i = 0; i < _slots.Length; i++)
            _slots[i] = [];
        _thread = new Thread(Run) { IsBackground = true, Name = $"media-clock-{index}" };
        _thread.Start();
    }

    public int Sessions => Volatile.Read(ref _sessions);

    public MediaClockStats Stats
    {
        get
        {
            var (p99, max, busy) = _meter.Read();
            return new MediaClockStats(
                Sessions,
                Volatile.Read(ref _ticks),
                Volatile.Read(ref _skipped),
                busy,
                p99,
                max
            );
        }
    }

    public void Add(MediaSession session)
    {
        Interlocked.Increment(ref _sessions);
        _arriving.Enqueue(session);
        _wake.Release();
    }

    /// <summary>Stops the thread; its sessions must be gone already.</summary>
    public void Dispose()
    {
        _stop = true;
        _wake.Release();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        MonotonicClock.FavourThisThread(_options.ClockRealtime, _options.ClockNiceness);
        using var io = Datagrams.Create();
        var buffers = new ClockBuffers();
        var slotNs = TickNs / _slots.Length;
        var deadline = MonotonicClock.NowNs();
        long step = 0;
        while (!_stop)
        {
            Settle();
            if (Sessions == 0)
            {
                _wake.Wait();
                deadline = Math.Max(deadline, MonotonicClock.NowNs());
                continue;
            }

            step++;
            deadline += slotNs;
            var sessions = _slots[step % _slots.Length];
            if (sessions.Count == 0)
                continue;
            var now = MonotonicClock.NowNs();
            if (now < deadline)
            {
                MonotonicClock.SleepUntil(deadline);
                now = MonotonicClock.NowNs();
            }
            else if (now - deadline > GiveUpNs)
            {
                var missed = (now - deadline) / slotNs;
                step += missed;
                deadline += missed * slotNs;
                sessions = _slots[step % _slots.Length];
                Volatile.Write(ref _skipped, _skipped + missed);
            }

            _meter.Work(now);
            Serve(
                sessions,
                new ClockTick(io, buffers, step / _slots.Length, deadline, now, MonotonicClock.WallMinusMonotonicNs())
            );
            Volatile.Write(ref _ticks, _ticks + 1);
            _meter.Done(MonotonicClock.NowNs(), deadline);
        }
    }

    private void Serve(List<MediaSession> sessions, in ClockTick tick)
    {
        for (var i = 0; i < sessions.Count; )
        {
            Ahead(CollectionsMarshal.AsSpan(sessions)[i..]);
            if (sessions[i].Tick(tick))
            {
                i++;
                continue;
            }

            sessions[i] = sessions[^1];
            sessions.RemoveAt(sessions.Count - 1);
            Interlocked.Decrement(ref _sessions);
        }
    }

    /// <summary>What comes next is asked for in steps, since each step's addresses lie in the memory of the one before.</summary>
    private static void Ahead(ReadOnlySpan<MediaSession> sessions)
    {
        if (sessions.Length > 4)
        {
            CacheLines.Ask(sessions[4], MediaSession.CacheLines);
            sessions[3].AskForStream();
            sessions[2].Stream.AskForParts();
            sessions[1].Stream.AskForAudio();
        }
    }

    /// <summary>Gives newcomers a place in the emptiest slot.</summary>
    private void Settle()
    {
        while (_arriving.TryDequeue(out var session))
        {
            var emptiest = _slots[0];
            foreach (var slot in _slots)
            {
                if (slot.Count < emptiest.Count)
                    emptiest = slot;
            }

            emptiest.Add(session);
        }
    }
}

/// <summary>One serving of a slot.</summary>
/// <param name="Io">The thread's sockets.</param>
/// <param name="Buffers">Room for one call's frames, shared by the thread's sessions: it stays in the cache.</param>
/// <param name="Number">Which 20 ms tick of the clock it is; more than one further than the last after a give-up.</param>
/// <param name="DeadlineNs">When it should have been.</param>
/// <param name="NowNs">When it is.</param>
/// <param name="WallMinusMonotonicNs">The wall clock's offset.</param>
internal readonly record struct ClockTick(
    Datagrams Io,
    ClockBuffers Buffers,
    long Number,
    long DeadlineNs,
    long NowNs,
    long WallMinusMonotonicNs
);

/// <summary>What a call needs during its tick only.</summary>
internal sealed class ClockBuffers
{
    /// <summary>20 ms at 16 kHz.</summary>
    public const int MaxFrameSamples = 320;

    public short[] Received { get; } = new short[MaxFrameSamples];
    public short[] Sent { get; } = new short[MaxFrameSamples];

    /// <summary>A packet that is being protected, with room behind it.</summary>
    public byte[] Datagram { get; } = new byte[Datagrams.MaxBytes + SrtpSender.MaxOverheadBytes];
}
