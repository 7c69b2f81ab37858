using OCPlatform.AiAdapters.Engines;
using OCPlatform.AiAdapters.TextToSpeech.Cache;
using OCPlatform.AiAdapters.TextToSpeech.Service;

namespace OCPlatform.AiAdapters.Tests.TextToSpeech;

/// <summary>The ladder of voices, with scripted engines.</summary>
public sealed class SpeechSynthesizerTests : IAsyncDisposable
{
    private const string TwoClauses = "Hello there. How are you?";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly PhraseCache _cache = new(Path.GetTempPath(), memoryLimit: 1_000_000, diskLimit: 0);
    private readonly ScriptedEngine _kokoro = new("kokoro", sample: 1);
    private readonly ScriptedEngine _flite = new("flite", sample: 2);
    private readonly TextToSpeechSettings _settings = new() { FirstAudioDeadlineMs = 200 };

    public ValueTask DisposeAsync() => _cache.DisposeAsync();

    [Fact]
    public async Task Kokoro_speaks_when_it_is_in_time()
    {
        (await SpeakAsync(TwoClauses)).Should().Equal(1, 1);
        _flite.Asked.Should().BeEmpty();
    }

    [Fact]
    public async Task What_was_spoken_once_is_not_made_again()
    {
        var synthesizer = New();
        await SpeakAsync(TwoClauses, synthesizer);
        (await SpeakAsync(TwoClauses, synthesizer)).Should().Equal(1, 1);
        _kokoro.Asked.Should().Equal("Hello there.", "How are you?");
    }

    [Fact]
    public async Task Without_kokoro_flite_speaks_everything()
    {
        (await SpeakAsync(TwoClauses, New(kokoro: false))).Should().Equal(2, 2);
    }

    [Fact]
    public async Task When_kokoro_is_expected_to_be_too_late_flite_speaks_at_once()
    {
        _kokoro.Expected = TimeSpan.FromSeconds(1);
        var synthesizer = New();
        (await SpeakAsync(TwoClauses, synthesizer)).Should().Equal(2, 2);
        synthesizer.FellBack.Should().Be(1);
        // At leisure, so that the phrase is there next time.
        _kokoro.Asked.Should().Equal("Hello there.");
        _kokoro.Priorities.Should().Equal(EnginePriority.WarmUp);
    }

    [Fact]
    public async Task A_cached_first_clause_is_kokoros_however_busy_it_is()
    {
        var synthesizer = New();
        await SpeakAsync("Hello there.", synthesizer);
        _kokoro.Expected = TimeSpan.FromHours(1);
        (await SpeakAsync("Hello there.", synthesizer)).Should().Equal(1);
    }

    [Fact]
    public async Task When_kokoro_hangs_flite_takes_over_after_the_deadline_and_keeps_the_rest()
    {
        _kokoro.HangOn = "Hello there.";
        (await SpeakAsync(TwoClauses)).Should().Equal(2, 2);
        _kokoro.Late.Should().Be(TimeSpan.FromMilliseconds(_settings.FirstAudioDeadlineMs));
    }

    [Fact]
    public async Task When_kokoro_hangs_in_the_middle_flite_goes_on_from_there()
    {
        _kokoro.HangOn = "How are you?";
        (await SpeakAsync(TwoClauses)).Should().Equal(1, 2);
    }

    [Fact]
    public async Task When_the_queue_is_full_flite_speaks()
    {
        _kokoro.Failure = new EngineBusyException(EnginePriority.FirstClause);
        (await SpeakAsync(TwoClauses)).Should().Equal(2, 2);
    }

    [Fact]
    public async Task When_kokoro_breaks_flite_speaks()
    {
        _kokoro.Failure = new InvalidDataException("broken model");
        (await SpeakAsync(TwoClauses)).Should().Equal(2, 2);
    }

    [Fact]
    public async Task Kokoro_is_back_by_itself_once_it_is_quick_again()
    {
        var synthesizer = New();
        _kokoro.Expected = TimeSpan.FromSeconds(5);
        (await SpeakAsync(TwoClauses, synthesizer)).Should().Equal(2, 2);
        _kokoro.Expected = TimeSpan.Zero;
        (await SpeakAsync("Something else.", synthesizer)).Should().Equal(1);
    }

    [Fact]
    public async Task Warm_up_waits_for_kokoro_at_the_lowest_priority()
    {
        _kokoro.Expected = TimeSpan.FromSeconds(5);
        (await SpeakAsync(TwoClauses, New(), warmUp: true)).Should().Equal(1, 1);
        _kokoro.Priorities.Should().OnlyContain(p => p == EnginePriority.WarmUp);
    }

    [Fact]
    public async Task The_first_clause_goes_before_the_later_ones()
    {
        await SpeakAsync(TwoClauses);
        _kokoro.Priorities.Should().Equal(EnginePriority.FirstClause, EnginePriority.LaterClause);
    }

    [Fact]
    public async Task Callers_who_want_the_same_phrase_at_the_same_time_share_it()
    {
        _settings.FirstAudioDeadlineMs = 10_000;
        _kokoro.HangOn = "Hello there.";
        var synthesizer = New();
        var one = SpeakAsync("Hello there.", synthesizer);
        var two = SpeakAsync("Hello there.", synthesizer);
        _kokoro.Release();
        (await one).Should().Equal(1);
        (await two).Should().Equal(1);
        _kokoro.Asked.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_caller_who_hangs_up_stops_the_synthesis_that_nobody_else_wants()
    {
        _settings.FirstAudioDeadlineMs = 10_000;
        _kokoro.HangOn = "Hello there.";
        using var call = new CancellationTokenSource();
        var speaking = SpeakAsync("Hello there.", New(), ct: call.Token);
        await call.CancelAsync();
        var wait = () => speaking;
        await wait.Should().ThrowAsync<OperationCanceledException>();
        await _kokoro.Cancelled.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task Between_clauses_there_is_a_pause()
    {
        var pieces = new List<short[]>();
        await foreach (
            var piece in New().SpeakAsync(TwoClauses, VoiceName.Parse("af_heart"), 8000, false, CancellationToken.None)
        )
            pieces.Add(piece);
        pieces.Should().HaveCount(3);
        pieces[1].Should().HaveCountGreaterThan(1000).And.OnlyContain(s => s == 0);
    }

    [Fact]
    public async Task A_phrase_that_was_spoken_for_a_wideband_call_is_not_made_again_for_a_telephone()
    {
        var synthesizer = New();
        await foreach (
            var _ in synthesizer.SpeakAsync("Hello there.", VoiceName.Parse("af_heart"), 16_000, false, default)
        ) { }
        _kokoro.Expected = TimeSpan.FromHours(1);
        var pieces = new List<short[]>();
        await foreach (
            var piece in synthesizer.SpeakAsync("Hello there.", VoiceName.Parse("af_heart"), 8000, false, default)
        )
            pieces.Add(piece);

        _kokoro.Asked.Should().Equal("Hello there.");
        _flite.Asked.Should().BeEmpty();
        var wide = _cache.TryGet(new("kokoro", "af_heart", _settings.Speed, 16_000, "Hello there."))!;
        pieces.Single().Length.Should().Be(wide.Length / 2);
    }

    private SpeechSynthesizer New(bool kokoro = true) =>
        new(kokoro ? _kokoro : null, _flite, _cache, _settings, TimeProvider.System);

    /// <returns>Who spoke each clause: 1 Kokoro, 2 flite.</returns>
    private async Task<List<int>> SpeakAsync(
        string text,
        SpeechSynthesizer? synthesizer = null,
        bool warmUp = false,
        CancellationToken ct = default
    )
    {
        var speakers = new List<int>();
        var pieces = (synthesizer ?? New()).SpeakAsync(text, VoiceName.Parse("af_heart"), 8000, warmUp, ct);
        await foreach (var piece in pieces)
        {
            if (piece[0] != 0)
                speakers.Add(piece[0]);
        }

        return speakers;
    }

    private sealed class ScriptedEngine(string name, short sample) : IClauseSynthesizer
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Fingerprint => name;
        public TimeSpan Expected { get; set; }
        public string? HangOn { get; set; }
        public Exception? Failure { get; set; }
        public List<string> Asked { get; } = [];
        public List<EnginePriority> Priorities { get; } = [];
        public TaskCompletionSource Cancelled { get; } = new();

        public void Release() => _released.SetResult();

        public TimeSpan Late { get; private set; }

        public TimeSpan Estimate(string clause) => Expected;

        public void ReportLate(string clause, TimeSpan waited) => Late = waited;

        public async Task<short[]> SpeakAsync(
            string clause,
            string voice,
            double speed,
            int sampleRateHz,
            EnginePriority priority,
            CancellationToken ct
        )
        {
            lock (Asked)
            {
                Asked.Add(clause);
                Priorities.Add(priority);
            }

            if (Failure is not null)
                throw Failure;
            try
            {
                if (clause == HangOn)
                    await _released.Task.WaitAsync(ct);
            }
            catch (OperationCanceledException)
            {
                Cancelled.TrySetResult();
                throw;
            }

            return [sample, sample, sample];
        }
    }
}
