using Grpc.Core;
using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.Riva.Asr;
using OCPlatform.AiAdapters.VoiceActivity;
using OCPlatform.Media.Dsp;

namespace OCPlatform.AiAdapters.SpeechToText.Service;

/// <summary>
/// One stream being recognised. Audio is cut into utterances by voice activity. As soon as the speaker pauses, the utterance
/// so far is decoded as if it had ended; when the client half-closes a little later, or the silence lasts, that text is the
/// final one and is already there. When the speaker goes on, it is thrown away.
/// </summary>
internal sealed class RecognitionSession : IDisposable
{
    private const int FrameMs = 32;
    private const int PreRollMs = 320;
    private const int SamplesPerMs = 16;

    // Below this the network is sure that nothing was said; between this and the segmenter's threshold a client that
    // half-closes gets the benefit of the doubt.
    private const float HardlySpeech = 0.2f;

    private readonly ISpeechRecognizer _recognizer;
    private readonly VoiceActivityDetector _vad;
    private readonly RecognitionFormat _format;
    private readonly SpeechToTextOptions _options;
    private readonly ResultWriter _writer;
    private readonly TimeProvider _time;
    private readonly CancellationToken _ct;
    private readonly bool _interimWanted;
    private readonly UtteranceSegmenter _segmenter;
    private readonly UtteranceBuffer _buffer = new(PreRollMs * SamplesPerMs);
    private readonly Resampler? _up;
    private readonly Resampler? _down;
    private readonly short[] _frame;
    private readonly short[] _frame8k = new short[VoiceActivityDetector.FrameSamples + 2];
    private readonly float[] _frame16k = new float[VoiceActivityDetector.FrameSamples * 2 + 2];
    private int _frameFill;
    private byte? _oddByte;
    private long _samples;
    private int _lastPartialAtMs;
    private float _highest;
    private Task _partial = Task.CompletedTask;
    private Task<Transcript>? _speculation;
    private CancellationTokenSource? _speculationStop;

    public RecognitionSession(
        ISpeechRecognizer recognizer,
        VoiceActivityModel vad,
        StreamingRecognitionConfig config,
        SpeechToTextOptions options,
        ResultWriter writer,
        TimeProvider time,
        CancellationToken ct
    )
    {
        _recognizer = recognizer;
        _format = RecognitionFormat.Of(config.Config ?? new RecognitionConfig(), recognizer.Name);
        _options = options;
        _writer = writer;
        _time = time;
        _ct = ct;
        _interimWanted = config.InterimResults;
        var endpointing = config.Config?.EndpointingConfig;
        _segmenter = new UtteranceSegmenter(
            FrameMs,
            endpointing is { HasStopHistoryEou: true } ? endpointing.StopHistoryEou : options.SpeculateAfterSilenceMs,
            endpointing is { HasStopHistory: true } ? endpointing.StopHistory : options.EndOfUtteranceSilenceMs
        );
        _frame = new short[FrameMs * _format.SampleRateHz / 1000];
        if (_format.SampleRateHz == 8000)
            _up = new Resampler(8000, 16000);
        else
            _down = new Resampler(16000, 8000);
        _vad = vad.Create();
    }

    /// <summary>Takes audio of any length. Waits only where an utterance ends in it.</summary>
    public async Task AcceptAsync(ReadOnlyMemory<byte> audio)
    {
        audio = Joined(audio);
        while (!audio.IsEmpty)
        {
            var count = Math.Min(_format.SampleCount(audio.Length), _frame.Length - _frameFill);
            var bytes = count * (audio.Length / Math.Max(1, _format.SampleCount(audio.Length)));
            _format.Decode(audio.Span[..bytes], _frame.AsSpan(_frameFill, count));
            audio = audio[bytes..];
            _frameFill += count;
            _samples += count;
            if (_frameFill < _frame.Length)
                return;
            _frameFill = 0;
            await FrameAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The client has half-closed: the last utterance's final result.</summary>
    public async Task CompleteAsync()
    {
        if (_frameFill > 0)
            Append(_frame.AsSpan(0, _frameFill));
        if (_segmenter.InUtterance)
            await FinishAsync().ConfigureAwait(false);
        else if (_highest >= HardlySpeech && !_writer.HasFinal)
            await FinishAsync().ConfigureAwait(false);
        await _partial.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _speculationStop?.Cancel();
        _speculationStop?.Dispose();
        _buffer.Dispose();
        _vad.Dispose();
    }

    private async Task FrameAsync()
    {
        Append(_frame);
        var probability = _vad.Process(_frame8k.AsSpan(0, VoiceActivityDetector.FrameSamples));
        _highest = Math.Max(_highest, probability);
        _writer.AddVoiceActivity(probability);
        switch (_segmenter.Next(probability))
        {
            case SegmenterEvent.Started:
                _lastPartialAtMs = 0;
                break;
            case SegmenterEvent.Paused:
                Speculate();
                break;
            case SegmenterEvent.Resumed:
                _speculationStop?.Cancel();
                _speculation = null;
                break;
            case SegmenterEvent.Ended:
                await FinishAsync().ConfigureAwait(false);
                return;
        }

        if (!_segmenter.InUtterance)
            _buffer.TrimToPreRoll();
        else if (_buffer.Length >= _options.MaxUtteranceSeconds * 1000 * SamplesPerMs)
        {
            _segmenter.Cut();
            await FinishAsync().ConfigureAwait(false);
        }
        else if (_interimWanted && !_segmenter.IsSilent)
            DecodePartial();
    }

    private void Append(ReadOnlySpan<short> frame)
    {
        if (_up is not null)
        {
            frame.CopyTo(_frame8k);
            _buffer.Append(_frame16k.AsSpan(0, _up.Process(frame, _frame16k)));
            return;
        }

        _down!.Process(frame, _frame8k);
        for (var i = 0; i < frame.Length; i++)
            _frame16k[i] = frame[i] * (1f / 32768);
        _buffer.Append(_frame16k.AsSpan(0, frame.Length));
    }

    private void Speculate()
    {
        if (_recognizer.IsBusy(EnginePriority.FinalDecode))
            return;
        // It tells as much as an interim decode would.
        _lastPartialAtMs = _segmenter.SpeechMs;
        _speculationStop?.Dispose();
        _speculationStop = CancellationTokenSource.CreateLinkedTokenSource(_ct);
        _speculation = _recognizer.RecognizeAsync(
            _buffer.Snapshot(),
            EnginePriority.FinalDecode,
            _speculationStop.Token
        );
        if (_interimWanted)
            _ = _writer.WriteInterimAsync(_speculation, Seconds(), settled: true);
    }

    private void DecodePartial()
    {
        // The longer the utterance, the dearer each decode of all of it and the less a further second tells: half as much
        // again must have been said.
        var due = _lastPartialAtMs + Math.Max(_options.InterimIntervalMs, _lastPartialAtMs / 2);
        if (!_partial.IsCompleted || _segmenter.SpeechMs < due || _recognizer.IsBusy(EnginePriority.PartialDecode))
            return;
        _lastPartialAtMs = _segmenter.SpeechMs;
        var decode = _recognizer.RecognizeAsync(_buffer.Snapshot(), EnginePriority.PartialDecode, _ct);
        _partial = _writer.WriteInterimAsync(decode, Seconds(), settled: false);
    }

    /// <summary>Ends the utterance: takes the speculative text if nothing was said since, decodes otherwise.</summary>
    private async Task FinishAsync()
    {
        using var deadline = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(_options.FinalDecodeDeadlineMs),
            _time
        );
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_ct, deadline.Token);
        try
        {
            var speculation = _speculation;
            _speculation = null;
            // A speculation that the full queue refused gets its second chance here.
            var transcript =
                speculation is null || speculation.IsFaulted || speculation.IsCanceled
                    ? await DecodeAsync(either.Token).ConfigureAwait(false)
                    : await speculation.WaitAsync(either.Token).ConfigureAwait(false);
            await _writer.WriteFinalAsync(transcript, Seconds()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new RpcException(
                new Status(
                    StatusCode.DeadlineExceeded,
                    $"No final decode within {_options.FinalDecodeDeadlineMs} ms; the engines are overloaded."
                )
            );
        }
        catch (EngineBusyException e)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, e.Message));
        }

        _buffer.Clear();
        _highest = 0;
    }

    private Task<Transcript> DecodeAsync(CancellationToken ct) =>
        _recognizer.RecognizeAsync(_buffer.Snapshot(), EnginePriority.FinalDecode, ct);

    private float Seconds() => (float)_samples / _format.SampleRateHz;

    /// <summary>A message may end in the middle of a 16-bit sample; its first byte waits for the next message.</summary>
    private ReadOnlyMemory<byte> Joined(ReadOnlyMemory<byte> audio)
    {
        if (_format.Encoding != Riva.AudioEncoding.LinearPcm)
            return audio;
        if (_oddByte is { } odd)
        {
            var joined = new byte[audio.Length + 1];
            joined[0] = odd;
            audio.CopyTo(joined.AsMemory(1));
            audio = joined;
            _oddByte = null;
        }

        if (audio.Length % 2 == 0)
            return audio;
        _oddByte = audio.Span[^1];
        return audio[..^1];
    }
}
