using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Grpc.Core;
using OCPlatform.AiAdapters.Resilience;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Tts;
using OCPlatform.AiAdapters.TextToSpeech.Flite;

namespace OCPlatform.AiAdapters.TextToSpeech;

/// <summary>
/// Text to speech over Riva's protocol: ordered endpoints, a breaker and deadlines each, and flite in this process as the
/// last rung, so that there is no dead air when no endpoint answers. One instance serves all calls.
/// </summary>
public sealed class TextToSpeechClient : IDisposable
{
    /// <summary>Request header that lets the embedded engine tell warm-up from speech that a caller waits for.</summary>
    public const string PriorityHeader = "ocp-priority";

    /// <summary>Value of <see cref="PriorityHeader"/>.</summary>
    public const string WarmUpPriority = "warm-up";

    private readonly EndpointLadder _ladder;
    private readonly TextToSpeechSettings _settings;
    private readonly TimeProvider _time;

    /// <param name="handler">For tests: the transport of every endpoint.</param>
    public TextToSpeechClient(SpeechOptions options, TimeProvider time, HttpMessageHandler? handler = null)
    {
        _settings = options.Tts;
        _time = time;
        _ladder = new EndpointLadder(
            [options.Tts.Address, .. options.Tts.FallbackAddresses],
            options.Breaker,
            time,
            handler
        );
    }

    /// <summary>
    /// Speaks <paramref name="text"/>; pieces of any length come as they are ready, mostly faster than they play. When an
    /// endpoint fails in the middle, the next one goes on from about the same place.
    /// </summary>
    /// <exception cref="SpeechException">Neither an endpoint nor the local voice could speak, or the request is at fault.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<short>> SynthesizeAsync(
        string text,
        TextToSpeechOptions options,
        [EnumeratorCancellation] CancellationToken ct = default
    )
    {
        if (string.IsNullOrWhiteSpace(text))
            yield break;
        var askedAt = _time.GetTimestamp();
        long delivered = 0;
        Exception? lastError = null;
        for (var rung = 0; _ladder.TryEnter(rung, out rung) is { } endpoint; rung++)
        {
            using var attempt = new Attempt(endpoint, Request(text, options), _settings, _time, ct);
            var toSkip = delivered;
            while (await attempt.NextAsync().ConfigureAwait(false) is { } piece)
            {
                var skipped = (int)Math.Min(toSkip, piece.Length);
                toSkip -= skipped;
                if (skipped == piece.Length)
                    continue;
                if (delivered == 0)
                    SpeechMetrics.AudioCame(fromEndpoint: true, _time.GetElapsedTime(askedAt));
                delivered += piece.Length - skipped;
                yield return piece[skipped..];
            }

            if (attempt.Error is null)
                yield break;
            lastError = attempt.Error;
            if (attempt.Rejected is { } rejection)
                throw rejection;
        }

        if (!_settings.LocalFallback || !FliteVoice.IsAvailable(out var reason))
        {
            throw new SpeechException(
                SpeechFailure.Unavailable,
                lastError is null ? "Every speech endpoint is being left alone." : "No endpoint could speak.",
                lastError
            );
        }

        var spoken = await Task.Run(() => SpeakLocally(text, options), ct).ConfigureAwait(false);
        if (delivered == 0)
            SpeechMetrics.AudioCame(fromEndpoint: false, _time.GetElapsedTime(askedAt));
        if (spoken.Length > delivered)
            yield return spoken.AsMemory((int)delivered);
    }

    /// <summary>
    /// Has phrases synthesised in the background at the lowest priority, so that the engine's cache holds them when they
    /// are needed. One at a time; ends early when no endpoint answers.
    /// </summary>
    /// <returns>How many phrases were synthesised or already there.</returns>
    public async ValueTask<int> WarmAsync(
        IEnumerable<string> phrases,
        TextToSpeechOptions options,
        CancellationToken ct = default
    )
    {
        var warmed = 0;
        foreach (var phrase in phrases)
        {
            if (_ladder.TryEnter(0, out _) is not { } endpoint)
                break;
            // No first-audio deadline: warm-up waits for as long as anything else has work.
            var headers = new Metadata { { PriorityHeader, WarmUpPriority } };
            try
            {
                var client = new RivaSpeechSynthesis.RivaSpeechSynthesisClient(endpoint.Invoker);
                using var call = client.SynthesizeOnline(Request(phrase, options), headers, cancellationToken: ct);
                while (await call.ResponseStream.MoveNext(ct).ConfigureAwait(false)) { }
                endpoint.Breaker.Success();
                warmed++;
            }
            catch (RpcException e)
            {
                // Warm-up is a favour: its failures must not open the breaker for calls.
                endpoint.Breaker.Abandon();
                ct.ThrowIfCancellationRequested();
                if (EndpointLadder.IsEndpointFault(e.StatusCode))
                    break;
            }
        }

        return warmed;
    }

    /// <summary>The endpoints in order of preference and whether each is being left alone.</summary>
    public IReadOnlyList<(Uri Address, bool Broken)> Endpoints =>
        [.. _ladder.Endpoints.Select(e => (e.Address, e.Breaker.IsOpen))];

    public void Dispose() => _ladder.Dispose();

    private static SynthesizeSpeechRequest Request(string text, TextToSpeechOptions options) =>
        new()
        {
            Text = text,
            LanguageCode = options.Language,
            Encoding = AudioEncoding.LinearPcm,
            SampleRateHz = options.SampleRateHz,
            VoiceName = options.Voice ?? "",
        };

    private short[] SpeakLocally(string text, TextToSpeechOptions options)
    {
        var voice = FliteVoice.Get(_settings.FallbackVoice);
        return voice.Synthesize(text, options.SampleRateHz);
    }

    /// <summary>One request to one endpoint; failures end up in <see cref="Error"/> and the endpoint's breaker.</summary>
    private sealed class Attempt : IDisposable
    {
        private readonly Endpoint _endpoint;
        private readonly TimeProvider _time;
        private readonly TimeSpan _patience;
        private readonly CancellationToken _ct;
        private readonly AsyncServerStreamingCall<SynthesizeSpeechResponse> _call;
        private bool _reported;

        public Attempt(
            Endpoint endpoint,
            SynthesizeSpeechRequest request,
            TextToSpeechSettings settings,
            TimeProvider time,
            CancellationToken ct
        )
        {
            _endpoint = endpoint;
            _time = time;
            _patience = TimeSpan.FromMilliseconds(settings.ClientFirstAudioDeadlineMs);
            _ct = ct;
            var client = new RivaSpeechSynthesis.RivaSpeechSynthesisClient(endpoint.Invoker);
            _call = client.SynthesizeOnline(request, cancellationToken: ct);
        }

        public Exception? Error { get; private set; }
        public SpeechException? Rejected { get; private set; }

        /// <summary>The next piece; null at the end, be it good or bad.</summary>
        public async Task<ReadOnlyMemory<short>?> NextAsync()
        {
            try
            {
                using var deadline = new CancellationTokenSource(_patience, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(_ct, deadline.Token);
                if (!await _call.ResponseStream.MoveNext(either.Token).ConfigureAwait(false))
                {
                    Report(success: true);
                    return null;
                }

                var audio = _call.ResponseStream.Current.Audio.Span;
                return MemoryMarshal.Cast<byte, short>(audio).ToArray();
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException)
            {
                _ct.ThrowIfCancellationRequested();
                Error = e;
                if (e is RpcException { StatusCode: StatusCode.InvalidArgument or StatusCode.OutOfRange } rejected)
                    Rejected = new SpeechException(SpeechFailure.Rejected, rejected.Status.Detail, rejected);
                else
                    Report(success: false);
                return null;
            }
        }

        public void Dispose()
        {
            if (!_reported)
                _endpoint.Breaker.Abandon();
            _call.Dispose();
        }

        private void Report(bool success)
        {
            _reported = true;
            if (success)
                _endpoint.Breaker.Success();
            else
                _endpoint.Breaker.Failure();
        }
    }
}
