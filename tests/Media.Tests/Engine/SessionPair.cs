using System.Collections.Concurrent;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Engine;

/// <summary>Two sessions of one engine on loopback that have agreed with each other, and what each of them heard.</summary>
internal sealed class SessionPair : IAsyncDisposable
{
    private static int _nextRange = 21000;

    private SessionPair(MediaEngine engine)
    {
        Engine = engine;
        CallerSink = new RecordingSink();
        AgentSink = new RecordingSink();
        Caller = engine.TryOpenSession(CallerSink)!;
        Agent = engine.TryOpenSession(AgentSink)!;
    }

    public MediaEngine Engine { get; }
    public MediaSession Caller { get; }
    public MediaSession Agent { get; }
    public RecordingSink CallerSink { get; }
    public RecordingSink AgentSink { get; }
    public NegotiatedMedia CallerMedia { get; private set; } = null!;
    public NegotiatedMedia AgentMedia { get; private set; } = null!;

    /// <summary>Options on loopback with ports of their own, so that tests do not meet.</summary>
    public static MediaOptions Options(Action<MediaOptions>? change = null)
    {
        var first = Interlocked.Add(ref _nextRange, 200) - 200;
        var options = new MediaOptions
        {
            BindAddress = "127.0.0.1",
            PortRangeStart = first,
            PortRangeEnd = first + 199,
            PortRestSeconds = 0,
            ClockThreads = 1,
        };
        change?.Invoke(options);
        return options;
    }

    public static SessionPair Create(MediaCapabilities? caller = null, Action<MediaOptions>? change = null)
    {
        var pair = new SessionPair(new MediaEngine(Options(change), new Random(7)));
        pair.Negotiate(caller ?? MediaCapabilities.Default);
        return pair;
    }

    public static SessionPair Started(MediaCapabilities? caller = null, Action<MediaOptions>? change = null)
    {
        var pair = Create(caller, change);
        pair.Agent.Start(pair.AgentMedia);
        pair.Caller.Start(pair.CallerMedia);
        return pair;
    }

    private void Negotiate(MediaCapabilities caller)
    {
        var offer = OfferAnswer.Offer(caller, new LocalMedia("127.0.0.1", Caller.LocalPort, 1, 1));
        var answer = OfferAnswer.Answer(
            offer,
            MediaCapabilities.Default,
            new LocalMedia("127.0.0.1", Agent.LocalPort, 2, 1)
        );
        AgentMedia = answer.Media!;
        CallerMedia = OfferAnswer.AcceptAnswer(offer, answer.Description!, caller).Media!;
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}

/// <summary>Keeps what a session reports.</summary>
internal sealed class RecordingSink : IMediaSink
{
    private readonly Lock _gate = new();
    private readonly List<short> _audio = [];
    private readonly List<MediaFrameInfo> _frames = [];

    public ConcurrentQueue<string> Events { get; } = new();
    public ConcurrentQueue<PlayoutCleared> Cleared { get; } = new();

    public short[] Audio
    {
        get
        {
            lock (_gate)
                return [.. _audio];
        }
    }

    public MediaFrameInfo[] Frames
    {
        get
        {
            lock (_gate)
                return [.. _frames];
        }
    }

    public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
    {
        lock (_gate)
        {
            _audio.AddRange(frame);
            _frames.Add(info);
        }
    }

    public void OnDtmf(char digit, int durationMs) => Events.Enqueue($"dtmf {digit} {durationMs}");

    public bool ListensForTones { get; set; }

    public void OnFaxTone(FaxTone tone) => Events.Enqueue($"fax {tone}");

    public void OnMark(long id) => Events.Enqueue($"mark {id}");

    public void OnPlayoutStarted() => Events.Enqueue("started");

    public void OnPlayoutDrained() => Events.Enqueue("drained");

    public void OnPlayoutCleared(PlayoutCleared cleared) => Cleared.Enqueue(cleared);

    public void OnFirstPacket(System.Net.IPEndPoint source) => Events.Enqueue($"first {source}");

    public void OnMediaTimeout() => Events.Enqueue("timeout");

    public void OnBroken(Exception cause) => Events.Enqueue($"broken {cause.Message}");

    public void OnBye() => Events.Enqueue("bye");

    public void OnNotSecured(string cause) => Events.Enqueue($"not secured {cause}");
}

internal static class Eventually
{
    /// <summary>Waits until <paramref name="condition"/> holds, at most <paramref name="seconds"/>.</summary>
    public static async Task Holds(Func<bool> condition, string what, double seconds = 10)
    {
        var end = DateTime.UtcNow.AddSeconds(seconds);
        while (!condition())
        {
            if (DateTime.UtcNow > end)
                throw new TimeoutException($"Not within {seconds} s: {what}");
            await Task.Delay(5);
        }
    }
}

internal static class Tone
{
    public static short[] Sine(double hz, int samples, int rateHz = 8000, double amplitude = 8000)
    {
        var tone = new short[samples];
        for (var i = 0; i < samples; i++)
            tone[i] = (short)Math.Round(amplitude * Math.Sin(2 * Math.PI * hz * i / rateHz));
        return tone;
    }

    /// <summary>The amplitude of one frequency in the samples (single-bin DFT with a Hann window).</summary>
    public static double Amplitude(ReadOnlySpan<short> samples, double hz, int rateHz)
    {
        double re = 0,
            im = 0,
            weight = 0;
        for (var i = 0; i < samples.Length; i++)
        {
            var window = 0.5 - 0.5 * Math.Cos(2 * Math.PI * i / samples.Length);
            re += samples[i] * window * Math.Cos(2 * Math.PI * hz * i / rateHz);
            im += samples[i] * window * Math.Sin(2 * Math.PI * hz * i / rateHz);
            weight += window;
        }

        return 2 * Math.Sqrt(re * re + im * im) / weight;
    }
}
