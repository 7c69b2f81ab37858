using OCPlatform.LoadTest.Chaos;
using OCPlatform.Media.Codecs;

namespace OCPlatform.LoadTest.Tests;

/// <summary>The recogniser that knows the harness' lines, on lines as they come over a telephone.</summary>
public sealed class LineRecognizerTests
{
    private static readonly IReadOnlyList<Slot> Slots = BookingScripts.SlotsAfter(new DateOnly(2026, 11, 25));

    [Fact]
    public void There_are_slots_for_sixty_callers() => Slots.Distinct().Count().Should().BeGreaterThanOrEqualTo(56);

    [Fact]
    public async Task Every_line_is_known_again_after_the_telephone_and_none_is_taken_for_another()
    {
        var lines = await LinesAsync();
        var recognizer = new LineRecognizer(lines);

        foreach (var line in lines)
        {
            recognizer.Recognize(OverTheTelephone(line.Pcm.Span, shift: 53)).Should().Be(line.Text);
        }
    }

    [Fact]
    public async Task Of_a_line_that_was_cut_the_words_that_came_through_are_told()
    {
        var lines = await LinesAsync();
        var recognizer = new LineRecognizer(lines);
        var name = lines.Single(l => l.Text == "my name is john miller");

        var heard = recognizer.Recognize(OverTheTelephone(name.Pcm.Span[..(name.Pcm.Length * 6 / 10)], shift: 17));

        heard.Should().StartWith("my name").And.NotContain("miller");
    }

    [Fact]
    public async Task Other_sounds_are_no_line()
    {
        var recognizer = new LineRecognizer(await LinesAsync());

        recognizer.Recognize(Signals.Noise(1500, -25)).Should().BeEmpty();
        recognizer.Recognize(Signals.Voice(1500)).Should().BeEmpty();
        recognizer.Recognize(Signals.Silence(1500)).Should().BeEmpty();
    }

    private static async Task<IReadOnlyList<SpokenLine>> LinesAsync()
    {
        var studio = new ScriptStudio(new FliteVoice(FliteVoice.DefaultCacheFolder));
        var lines = new List<SpokenLine>();
        foreach (var (slot, number) in Slots.Select((slot, number) => (slot, number)))
        {
            var script = await studio.PrepareAsync(BookingScripts.For(slot, number), "rms");
            lines.AddRange(script.Lines.Select(l => l.Speech!));
        }
        return [.. lines.DistinctBy(l => l.Text)];
    }

    /// <summary>Through G.711, between silences, off every grid.</summary>
    private static short[] OverTheTelephone(ReadOnlySpan<short> pcm, int shift)
    {
        var codes = new byte[pcm.Length];
        G711.Encode(AudioCodec.Pcmu, pcm, codes);
        var heard = new short[pcm.Length];
        G711.Decode(AudioCodec.Pcmu, codes, heard);
        return [.. new short[1600 + shift], .. heard, .. new short[2400]];
    }
}
