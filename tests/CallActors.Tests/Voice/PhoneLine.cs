using Microsoft.Extensions.Time.Testing;
using OCPlatform.AiAdapters;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.AiAdapters.Tests.Support;
using OCPlatform.AiAdapters.TextToSpeech;
using OCPlatform.AiAdapters.VoiceActivity;
using OCPlatform.CallActors.Voice;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Tests.Voice;

/// <summary>
/// A voice and the line it is on: each tick the caller's next 20 ms go in and what the caller hears comes out, and the
/// clock goes on by 20 ms.
/// </summary>
internal sealed class PhoneLine : IMediaSink, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly Playout _playout;
    private readonly Queue<VoiceEvent> _events = new();
    private readonly Detector _detector = new();
    private readonly SpeechToTextClient _stt;
    private readonly TextToSpeechClient _tts;
    private readonly int _rateHz;
    private readonly short[] _frame;

    public PhoneLine(ScriptedRiva riva, int rateHz)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        _rateHz = rateHz;
        _frame = new short[rateHz / 50];
        var options = new SpeechOptions();
        options.Stt.Address = riva.Address;
        options.Tts.Address = riva.Address;
        options.Tts.LocalFallback = false;
        options.Tts.ClientFirstAudioDeadlineMs = 10_000;
        _stt = new SpeechToTextClient(options, TimeProvider.System);
        _tts = new TextToSpeechClient(options, TimeProvider.System);
        _playout = new Playout(1000, rateHz);
        var clients = new SpeechClients(_stt, _tts, () => _detector);
        BytesOfItsOwn = GC.GetAllocatedBytesForCurrentThread() - before;
        Voice = new CallVoice(new CallVoiceOptions(), clients, _playout, _time, OnEvent);
    }

    /// <summary>What was allocated here and is not the voice's.</summary>
    public long BytesOfItsOwn { get; }

    public CallVoice Voice { get; }

    /// <summary>All that the caller has heard.</summary>
    public List<short> Heard { get; } = [];

    public short[] Silence(int ms) => new short[ms * _rateHz / 1000];

    public short[] Tone(double hz, int ms)
    {
        var tone = Silence(ms);
        for (var i = 0; i < tone.Length; i++)
        {
            tone[i] = (short)Math.Round(4000 * Math.Sin(2 * Math.PI * hz * i / _rateHz));
        }
        return tone;
    }

    /// <summary>The amplitude of one frequency (single-bin DFT with a Hann window).</summary>
    public static double Amplitude(ReadOnlySpan<short> samples, double hz, int rateHz)
    {
        var (re, im, weight) = (0.0, 0.0, 0.0);
        for (var i = 0; i < samples.Length; i++)
        {
            var window = 0.5 - 0.5 * Math.Cos(2 * Math.PI * i / samples.Length);
            var (sin, cos) = Math.SinCos(2 * Math.PI * hz * i / rateHz);
            re += samples[i] * window * cos;
            im += samples[i] * window * sin;
            weight += window;
        }
        return 2 * Math.Sqrt(re * re + im * im) / weight;
    }

    /// <summary>The amplitude of one frequency in what voice activity detection got while the caller spoke.</summary>
    public double SeenByDetector(double hz) =>
        Amplitude([.. _detector.Frames.Skip(4).Take(16).SelectMany(f => f)], hz, 8000);

    public void Say(short[] pcm)
    {
        foreach (var frame in pcm.Chunk(_frame.Length))
        {
            Tick(frame);
            if (Heard.Count < 60 * _rateHz)
            {
                Heard.AddRange(_frame);
            }
        }
    }

    public void Tick(short[] frame)
    {
        _time.Advance(TimeSpan.FromMilliseconds(20));
        Voice.OnAudio(frame, default);
        Voice.Process();
        var played = _playout.Read(_frame);
        _playout.Report(this, played, _playout.Position);
    }

    /// <summary>The caller is silent until an event of this kind has come; others before it are passed over.</summary>
    public async Task<T> NextAsync<T>()
        where T : VoiceEvent
    {
        T? found = null;
        await UntilAsync(() =>
        {
            lock (_events)
            {
                while (found is null && _events.TryDequeue(out var next))
                {
                    found = next as T;
                }
            }
            return found is not null;
        });
        return found!;
    }

    public async Task UntilAsync(Func<bool> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException();
            }
            Say(Silence(20));
            // The services answer over a socket, in their own time.
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    public void Dispose()
    {
        Voice.Dispose();
        _stt.Dispose();
        _tts.Dispose();
    }

    private void OnEvent(VoiceEvent voiceEvent)
    {
        lock (_events)
        {
            _events.Enqueue(voiceEvent);
        }
    }

    /// <summary>Takes everything that is not quiet for speech.</summary>
    private sealed class Detector : IVoiceActivityDetector
    {
        public List<short[]> Frames { get; } = [];

        public float Process(ReadOnlySpan<short> pcm8k)
        {
            pcm8k.Length.Should().Be(VoiceActivityDetector.FrameSamples);
            Frames.Add(pcm8k.ToArray());
            return PcmPower.Peak(pcm8k) > 1000 ? 0.9f : 0.1f;
        }

        public void Reset() { }

        public void Dispose() { }
    }
}
