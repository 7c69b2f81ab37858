using OCPlatform.AiAdapters.Resilience;

namespace OCPlatform.AiAdapters.SpeechToText;

/// <summary>
/// Speech to text over Riva's protocol: ordered endpoints, a breaker each, and a replay of the utterance's audio to the next
/// endpoint when one fails in the middle. One instance serves all calls.
/// </summary>
public sealed class SpeechToTextClient : IDisposable
{
    private readonly EndpointLadder _ladder;
    private readonly SpeechToTextOptions _options;
    private readonly TimeProvider _time;

    /// <param name="handler">For tests: the transport of every endpoint.</param>
    public SpeechToTextClient(SpeechOptions options, TimeProvider time, HttpMessageHandler? handler = null)
    {
        _options = options.Stt;
        _time = time;
        _ladder = new EndpointLadder(
            [options.Stt.Address, .. options.Stt.FallbackAddresses],
            options.Breaker,
            time,
            handler
        );
    }

    /// <summary>Opens a stream at once; audio may be written before any endpoint has answered.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A rate other than 8000 or 16000 Hz.</exception>
    public SpeechToTextStream Open(SpeechToTextStreamOptions options, CancellationToken ct = default)
    {
        if (options.SampleRateHz is not (8000 or 16000))
            throw new ArgumentOutOfRangeException(nameof(options), options.SampleRateHz, "8000 or 16000 Hz.");
        return new SpeechToTextStream(_ladder, _options, options, _time, ct);
    }

    /// <summary>The endpoints in order of preference and whether each is being left alone.</summary>
    public IReadOnlyList<(Uri Address, bool Broken)> Endpoints =>
        [.. _ladder.Endpoints.Select(e => (e.Address, e.Breaker.IsOpen))];

    public void Dispose() => _ladder.Dispose();
}
