using System.Diagnostics;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.LoadTest;

/// <summary>
/// One caller's ear and mouth on the media clock: feeds what arrives to the conversation and the packet statistics, and
/// what the conversation says to the playout. Everything happens in the session's callbacks, which never overlap.
/// </summary>
/// <remarks>
/// Time is <see cref="Stopwatch"/> time since the run's epoch for both directions. A sample received counts from its
/// packet's arrival (the kernel's stamp); a sample sent counts as captured, so the last one of a packet is captured as the
/// packet leaves and the first one a packet time before.
/// </remarks>
internal sealed class CallerLeg(CallerScript script, long epochTicks, CallRecording? recording) : IMediaSink
{
    private const int FrameSamples = 160;

    // 60 ms, the longest packet that phones send.
    private const int MostSamples = 480;

    // −42 dBFS, as the speech detector has it.
    private const double VoiceEnergy = 260.0 * 260.0;
    private static readonly TimeSpan SampleTime = TimeSpan.FromTicks(TimeSpan.TicksPerSecond / 8000);

    private readonly TaskCompletionSource<ScriptEnd> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MediaSession? _session;
    private int _packetSamples = FrameSamples;
    private int _audioPayloadType;
    private TimeSpan _answeredAt;
    private SpokenLine? _speaking;
    private int _enqueued;
    private bool _markPending;
    private bool _started;
    private long _line;
    private AudioCodec _codec;
    private volatile bool _moved;

    public CallerConversation Conversation { get; } = new(script);

    public PacketObserver Packets { get; } = new();

    public ContinuityObserver Continuity { get; } = new();

    public bool WatchesStrangers => true;

    /// <summary>The script wants to hang up.</summary>
    public Task<ScriptEnd> Done => _done.Task;

    /// <summary>Voice-to-voice times are told as they come; on the media clock.</summary>
    public Action<TurnMeasurement>? OnTurn { get; init; }

    private int _turnsTold;

    /// <summary>Before the session's Start.</summary>
    public void Answered(MediaSession session, NegotiatedMedia media, TimeSpan answeredAt)
    {
        _session = session;
        _packetSamples = media.SendPtimeMs * 8;
        _audioPayloadType = media.ReceivePayloadType;
        _codec = media.Codec;
        _answeredAt = answeredAt;
        Continuity.OnAnswered(answeredAt);
        Conversation.OnAnswered(answeredAt);
    }

    /// <summary>The platform's offer within the call was answered; on the SIP loop.</summary>
    public void Changed(NegotiatedMedia before, NegotiatedMedia after)
    {
        var (from, to) = (AddressOf(before), AddressOf(after));
        Continuity.OnOffer(Now, from, to);
        _packetSamples = after.SendPtimeMs * 8;
        _audioPayloadType = after.ReceivePayloadType;
        _codec = after.Codec;
        _moved |= from != to;
    }

    /// <summary>Where the platform's media is, as moves name it.</summary>
    public static string AddressOf(NegotiatedMedia media) => $"{media.RemoteAddress}:{media.RemotePort}";

    /// <summary>After the session's Closed.</summary>
    public void Ended(TimeSpan at)
    {
        Conversation.OnEnded(at);
        TellTurns();
    }

    public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
    {
        if (_moved)
        {
            _moved = false;
            Conversation.OnMoved();
        }
        if (info.Kind == FrameKind.Received)
        {
            var arrivedAt = Stopwatch.GetElapsedTime(epochTicks, info.ArrivalTicks);
            Conversation.OnAgentAudio(frame, arrivedAt);
            if (IsSpeech(frame))
            {
                Continuity.OnSpeech(arrivedAt);
            }
            recording?.AddAgent(frame, arrivedAt - _answeredAt, info.RtpTimestamp);
        }
        switch (Conversation.OnTick(Now))
        {
            case CallerAction.Speak speak:
                _speaking = speak.Speech;
                _enqueued = 0;
                _started = false;
                _line++;
                break;
            case CallerAction.SendDigits digits:
                foreach (var digit in digits.Digits)
                {
                    _session!.SendDtmf(digit);
                }
                break;
            case CallerAction.HangUp hangUp:
                _done.TrySetResult(hangUp.Reason);
                break;
        }
        Feed();
        TellTurns();
    }

    public void OnPacket(in RtpArrival packet)
    {
        var arrivedAt = Stopwatch.GetElapsedTime(epochTicks, packet.ArrivalTicks);
        Packets.OnPacket(
            packet.Ssrc,
            packet.SequenceNumber,
            packet.Timestamp,
            (long)arrivedAt.TotalMicroseconds,
            packet.PayloadType == _audioPayloadType
        );
        Continuity.OnPacket(packet.Ssrc, arrivedAt);
        Conversation.OnPacket(arrivedAt);
    }

    public void OnStranger(in RtpArrival packet, ReadOnlySpan<byte> payload)
    {
        Span<short> pcm = stackalloc short[MostSamples];
        var speech = false;
        if (_codec is AudioCodec.Pcmu or AudioCodec.Pcma && payload.Length is > 0 and <= MostSamples)
        {
            G711.Decode(_codec, payload, pcm[..payload.Length]);
            speech = IsSpeech(pcm[..payload.Length]);
        }
        Continuity.OnStranger(packet.Ssrc, speech, Stopwatch.GetElapsedTime(epochTicks, packet.ArrivalTicks));
    }

    public void OnPlayoutStarted()
    {
        if (_speaking is { } line && !_started)
        {
            _started = true;
            var captured = Now - _packetSamples * SampleTime;
            Conversation.OnSpeechStarted(captured);
            recording?.AddCaller(line.Pcm.Span, captured - _answeredAt);
        }
    }

    public void OnMark(long id)
    {
        if (id != _line || _speaking is not { } line)
        {
            return;
        }
        // The last packet is filled up with silence behind the last sample.
        var padding = (_packetSamples - line.Pcm.Length % _packetSamples) % _packetSamples;
        _speaking = null;
        Conversation.OnSpeechEnded(Now - padding * SampleTime);
    }

    /// <summary>Keeps the playout's ring filled; it takes a line in pieces.</summary>
    private void Feed()
    {
        if (_speaking is not { } line)
        {
            return;
        }
        if (_enqueued < line.Pcm.Length)
        {
            _enqueued += _session!.Playout.TryEnqueue(line.Pcm.Span[_enqueued..]);
            _markPending = _enqueued == line.Pcm.Length;
        }
        if (_markPending)
        {
            _markPending = !_session!.Playout.Mark(_line);
        }
    }

    private void TellTurns()
    {
        while (OnTurn is { } tell && _turnsTold < Conversation.Turns.Count)
        {
            tell(Conversation.Turns[_turnsTold++]);
        }
    }

    /// <summary>Whether a frame is as loud as a voice; pauses within words do not matter here.</summary>
    private static bool IsSpeech(ReadOnlySpan<short> pcm)
    {
        double energy = 0;
        foreach (var sample in pcm)
        {
            energy += (double)sample * sample;
        }
        return energy / pcm.Length >= VoiceEnergy;
    }

    private TimeSpan Now => Stopwatch.GetElapsedTime(epochTicks);
}
