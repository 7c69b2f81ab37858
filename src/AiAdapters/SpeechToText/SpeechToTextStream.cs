using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using OCPlatform.AiAdapters.Resilience;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Asr;

namespace OCPlatform.AiAdapters.SpeechToText;

/// <summary>
/// One stream of audio being recognised. <see cref="TryWrite"/> belongs to one thread and never waits; a pump task carries
/// the audio to the endpoint. When an endpoint fails, the next one hears everything since the last final result again.
/// </summary>
public sealed class SpeechToTextStream : IAsyncDisposable
{
    // Wait between rounds when every endpoint refuses; the breakers keep the rounds cheap.
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(200);

    private readonly EndpointLadder _ladder;
    private readonly SpeechToTextOptions _settings;
    private readonly SpeechToTextStreamOptions _options;
    private readonly TimeProvider _time;
    private readonly AudioSpool _spool;
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource<SpeechToTextResult> _result = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    // One pending wake-up is enough: the pump takes all there is.
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
    );

    private readonly Lock _textLock = new();
    private readonly StringBuilder _finals = new();
    private readonly Task _run;
    private string _interim = "";
    private double _confidenceSum;
    private int _confidenceWeight;
    private long _completedAt;
    private volatile bool _completing;
    private volatile Exception? _lastError;
    private bool _disposed;

    internal SpeechToTextStream(
        EndpointLadder ladder,
        SpeechToTextOptions settings,
        SpeechToTextStreamOptions options,
        TimeProvider time,
        CancellationToken ct
    )
    {
        _ladder = ladder;
        _settings = settings;
        _options = options;
        _time = time;
        _spool = new AudioSpool(options.MaxPendingSeconds * options.SampleRateHz * 2);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _run = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>Samples refused because the spool was full.</summary>
    public long RefusedSamples { get; private set; }

    /// <summary>
    /// Adds 16-bit samples of the stream's rate. Copies, never waits, for one thread at a time. Full (no endpoint has taken
    /// audio for <see cref="SpeechToTextStreamOptions.MaxPendingSeconds"/>): the newest audio is refused and counted.
    /// </summary>
    /// <returns>false when refused, or after <see cref="CompleteAsync"/>.</returns>
    public bool TryWrite(ReadOnlySpan<short> pcm)
    {
        if (_completing || _disposed)
            return false;
        if (!_spool.TryWrite(pcm))
        {
            RefusedSamples += pcm.Length;
            return false;
        }

        _wake.Writer.TryWrite(true);
        return true;
    }

    /// <summary>
    /// Ends the audio and waits for the text of the whole stream, utterances that were told before included. When
    /// <paramref name="deadline"/> passes first, the last interim text is returned with <see cref="SpeechToTextResult.IsFinal"/> false.
    /// </summary>
    /// <exception cref="SpeechException">The deadline passed and nothing at all is known, or the request was rejected.</exception>
    public async Task<SpeechToTextResult> CompleteAsync(TimeSpan deadline, CancellationToken ct = default)
    {
        if (!_completing)
        {
            _completedAt = _time.GetTimestamp();
            _completing = true;
            _wake.Writer.TryWrite(true);
        }

        try
        {
            var result = await _result.Task.WaitAsync(deadline, _time, ct).ConfigureAwait(false);
            SpeechMetrics.TextCame(isFinal: true, result.LatencyMs);
            return result;
        }
        catch (TimeoutException)
        {
            lock (_textLock)
            {
                if (_finals.Length > 0 || _interim.Length > 0)
                {
                    var partial = Result(Joined(_interim), isFinal: false, endpoint: null);
                    SpeechMetrics.TextCame(isFinal: false, partial.LatencyMs);
                    return partial;
                }
            }

            throw _lastError is { } error
                ? new SpeechException(SpeechFailure.Unavailable, "No endpoint could recognise the speech.", error)
                : new SpeechException(SpeechFailure.Deadline, $"No transcript within {deadline.TotalMilliseconds} ms.");
        }
    }

    /// <summary>Gives the stream up; an unfinished recognition is cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                if (await OneRoundAsync().ConfigureAwait(false))
                    return;
                await Task.Delay(RetryEvery, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed or cancelled by the owner.
        }
        finally
        {
            _result.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <summary>Tries the endpoints from the top.</summary>
    /// <returns>true when the stream has its end.</returns>
    private async Task<bool> OneRoundAsync()
    {
        for (var rung = 0; _ladder.TryEnter(rung, out rung) is { } endpoint; rung++)
        {
            var stalled = false;
            try
            {
                stalled = await AttemptAsync(endpoint, mayStall: rung + 1 == _ladder.Endpoints.Count)
                    .ConfigureAwait(false);
                if (!stalled)
                {
                    endpoint.Breaker.Success();
                    lock (_textLock)
                        _result.TrySetResult(Result(Joined(""), isFinal: true, endpoint.Address));
                    return true;
                }

                _lastError = new TimeoutException($"{endpoint.Address} gave no final result in time.");
                endpoint.Breaker.Failure();
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                endpoint.Breaker.Abandon();
                throw new OperationCanceledException(_stop.Token);
            }
            catch (RpcException e) when (!EndpointLadder.IsEndpointFault(e.StatusCode))
            {
                endpoint.Breaker.Abandon();
                _result.TrySetException(new SpeechException(SpeechFailure.Rejected, e.Status.Detail, e));
                return true;
            }
            catch (Exception e)
            {
                _lastError = e;
                endpoint.Breaker.Failure();
            }
        }

        return false;
    }

    /// <summary>Plays the stream's audio to one endpoint and takes its results.</summary>
    /// <returns>true when it gave no final result in time and another endpoint should be asked.</returns>
    private async Task<bool> AttemptAsync(Endpoint endpoint, bool mayStall)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var client = new RivaSpeechRecognition.RivaSpeechRecognitionClient(endpoint.Invoker);
        using var call = client.StreamingRecognize(cancellationToken: attempt.Token);
        var start = _spool.Floor;
        var stall = mayStall ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(_settings.ClientFinalDeadlineMs);
        var pump = PumpAsync(call.RequestStream, start, stall, attempt);
        try
        {
            while (await call.ResponseStream.MoveNext(attempt.Token).ConfigureAwait(false))
                Take(call.ResponseStream.Current, start, endpoint.Address);
            if (!_completing)
                throw new RpcException(new Status(StatusCode.Unavailable, "The endpoint ended the stream early."));
            return false;
        }
        catch (Exception) when (attempt.IsCancellationRequested && !_stop.IsCancellationRequested)
        {
            return true;
        }
        finally
        {
            await attempt.CancelAsync().ConfigureAwait(false);
            await pump.ConfigureAwait(false);
        }
    }

    private async Task PumpAsync(
        IClientStreamWriter<StreamingRecognizeRequest> requests,
        long position,
        TimeSpan stall,
        CancellationTokenSource attempt
    )
    {
        try
        {
            await requests.WriteAsync(Configuration(), attempt.Token).ConfigureAwait(false);
            while (true)
            {
                // Read before the spool: what is written before completion is then seen below.
                var completing = _completing;
                var piece = _spool.Peek(position);
                if (!piece.IsEmpty)
                {
                    // The bytes stay unchanged until the write is done, so they need no copy.
                    var audio = UnsafeByteOperations.UnsafeWrap(piece);
                    await requests
                        .WriteAsync(new StreamingRecognizeRequest { AudioContent = audio }, attempt.Token)
                        .ConfigureAwait(false);
                    position += piece.Length;
                }
                else if (completing)
                    break;
                else
                    await _wake.Reader.ReadAsync(attempt.Token).ConfigureAwait(false);
            }

            await requests.CompleteAsync().ConfigureAwait(false);
            if (stall != Timeout.InfiniteTimeSpan)
            {
                await Task.Delay(stall, _time, attempt.Token).ConfigureAwait(false);
                await attempt.CancelAsync().ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // The reader gets the call's status; a wake-up that this pump swallowed is made good for the next one.
            _wake.Writer.TryWrite(true);
        }
    }

    private StreamingRecognizeRequest Configuration()
    {
        var config = new RecognitionConfig
        {
            Encoding = AudioEncoding.LinearPcm,
            SampleRateHertz = _options.SampleRateHz,
            LanguageCode = _options.Language ?? _settings.Language,
            MaxAlternatives = 1,
            AudioChannelCount = 1,
            EnableAutomaticPunctuation = _options.Punctuation,
        };
        if (_options.PhraseHints.Count > 0)
        {
            var context = new SpeechContext { Boost = 10 };
            context.Phrases.AddRange(_options.PhraseHints);
            config.SpeechContexts.Add(context);
        }

        return new StreamingRecognizeRequest
        {
            StreamingConfig = new StreamingRecognitionConfig
            {
                Config = config,
                InterimResults = _options.OnInterim is not null,
            },
        };
    }

    private void Take(StreamingRecognizeResponse response, long start, Uri endpoint)
    {
        foreach (var result in response.Results)
        {
            if (result.Alternatives.Count == 0)
                continue;
            var best = result.Alternatives[0];
            var text = best.Transcript.Trim();
            if (!result.IsFinal)
            {
                lock (_textLock)
                    _interim = text;
                _options.OnInterim?.Invoke(new SpeechToTextInterim(text, result.Stability));
                continue;
            }

            lock (_textLock)
            {
                _interim = "";
                if (text.Length > 0)
                {
                    if (_finals.Length > 0)
                        _finals.Append(' ');
                    _finals.Append(text);
                    _confidenceSum += best.Confidence * text.Length;
                    _confidenceWeight += text.Length;
                }
            }

            _spool.Release(start + (long)(result.AudioProcessed * _options.SampleRateHz) * 2);
            if (!_completing && text.Length > 0)
            {
                _options.OnFinal?.Invoke(
                    new SpeechToTextResult
                    {
                        Text = text,
                        Confidence = best.Confidence,
                        AudioSeconds = result.AudioProcessed,
                        Endpoint = endpoint,
                    }
                );
            }
        }
    }

    private string Joined(string interim)
    {
        if (interim.Length == 0)
            return _finals.ToString();
        return _finals.Length == 0 ? interim : $"{_finals} {interim}";
    }

    private SpeechToTextResult Result(string text, bool isFinal, Uri? endpoint) =>
        new()
        {
            Text = text,
            Confidence = _confidenceWeight == 0 ? 0 : (float)(_confidenceSum / _confidenceWeight),
            IsFinal = isFinal,
            AudioSeconds = _spool.Written / 2.0 / _options.SampleRateHz,
            LatencyMs = _time.GetElapsedTime(_completedAt).TotalMilliseconds,
            Endpoint = endpoint,
        };
}
