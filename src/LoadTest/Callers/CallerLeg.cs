using System.Diagnostics;
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

    public CallerConversation Conversation { get; } = new(script);

    public PacketObserver Packets { get; } = new();

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
        _answeredAt = answeredAt;
        Conversation.OnAnswered(answeredAt);
    }

    /// <summary>After the session's Closed.</summary>
    public void Ended(TimeSpan at)
    {
        Conversation.OnEnded(at);
        TellTurns();
    }

    public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
    {
        if (info.Kind == FrameKind.Received)
        {
            var arrivedAt = Stopwatch.GetElapsedTime(epochTicks, info.ArrivalTicks);
            Conversation.OnAgentAudio(frame, arrivedAt);
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

    public void OnPacket(in RtpArrival packet) =>
        Packets.OnPacket(
            packet.Ssrc,
            packet.SequenceNumber,
            packet.Timestamp,
            (long)Stopwatch.GetElapsedTime(epochTicks, packet.ArrivalTicks).TotalMicroseconds,
            packet.PayloadType == _audioPayloadType
        );

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

    private TimeSpan Now => Stopwatch.GetElapsedTime(epochTicks);
}
