using OCPlatform.Media.Dsp;

namespace OCPlatform.LoadTest;

/// <summary>
/// Both sides of a call as 8 kHz PCM on one time line that begins with the answer: what the caller said when it was
/// captured, what it heard when it arrived. Bounded; what comes after <see cref="MaxLength"/> is not kept. Not
/// thread-safe.
/// </summary>
public sealed class CallRecording
{
    public static readonly TimeSpan MaxLength = TimeSpan.FromMinutes(10);

    // RTP time places the packets; when it strays this far from their arrival, the sender's time line is a new one.
    private static readonly TimeSpan Stray = TimeSpan.FromMilliseconds(200);
    private static readonly long SampleTicks = TimeSpan.TicksPerSecond / SpeechDetector.SampleRateHz;
    private static readonly int MaxSamples = (int)(MaxLength.Ticks / SampleTicks);

    private short[] _caller = [];
    private short[] _agent = [];
    private int _callerLength;
    private int _agentLength;
    private uint? _lastTimestamp;
    private long _lastPosition;

    /// <summary>What was heard from the agent; silence where nothing was. Sample 0 is the moment of the answer.</summary>
    public ReadOnlySpan<short> Agent => _agent.AsSpan(0, _agentLength);

    /// <summary>What the caller said.</summary>
    public ReadOnlySpan<short> Caller => _caller.AsSpan(0, _callerLength);

    /// <summary>The agent's audio between two moments after the answer.</summary>
    public short[] AgentBetween(TimeSpan from, TimeSpan to)
    {
        var start = Math.Clamp((int)(from.Ticks / SampleTicks), 0, _agentLength);
        var end = Math.Clamp((int)(to.Ticks / SampleTicks), start, _agentLength);
        return _agent[start..end];
    }

    internal void AddCaller(ReadOnlySpan<short> pcm, TimeSpan at) =>
        Place(ref _caller, ref _callerLength, pcm, at.Ticks / SampleTicks);

    internal void AddAgent(ReadOnlySpan<short> pcm, TimeSpan arrivedAt, uint rtpTimestamp)
    {
        var byArrival = arrivedAt.Ticks / SampleTicks;
        var position = byArrival;
        if (_lastTimestamp is { } last)
        {
            var byTimestamp = _lastPosition + unchecked((int)(rtpTimestamp - last));
            if (Math.Abs(byTimestamp - byArrival) * SampleTicks < Stray.Ticks)
            {
                position = byTimestamp;
            }
        }
        _lastTimestamp = rtpTimestamp;
        _lastPosition = position;
        Place(ref _agent, ref _agentLength, pcm, position);
    }

    /// <summary>A stereo WAV: the caller left, the agent right.</summary>
    public void WriteWav(string path)
    {
        var frames = Math.Max(_callerLength, _agentLength);
        var stereo = new short[frames * 2];
        for (var i = 0; i < frames; i++)
        {
            stereo[2 * i] = i < _callerLength ? _caller[i] : (short)0;
            stereo[2 * i + 1] = i < _agentLength ? _agent[i] : (short)0;
        }
        new WavFile(SpeechDetector.SampleRateHz, 2, stereo).Write(path);
    }

    private static void Place(ref short[] track, ref int length, ReadOnlySpan<short> pcm, long position)
    {
        if (position < 0)
        {
            // Captured or sent before the answer: only what lies after it is kept.
            pcm = pcm[(int)Math.Min(-position, pcm.Length)..];
            position = 0;
        }
        if (position >= MaxSamples)
        {
            return;
        }
        var start = (int)position;
        pcm = pcm[..Math.Min(pcm.Length, MaxSamples - start)];
        var end = start + pcm.Length;
        if (end > track.Length)
        {
            Array.Resize(ref track, Math.Min(MaxSamples, Math.Max(end, Math.Max(track.Length * 2, 30 * 8000))));
        }
        pcm.CopyTo(track.AsSpan(start));
        length = Math.Max(length, end);
    }
}
