using OCPlatform.LoadTest;

namespace OCPlatform.EndToEnd.Tests.Voice;

/// <summary>People's voices through the phone: RTP in, turn text out.</summary>
[Collection(PlatformCollection.Name)]
public sealed class HumanSpeechTests(HostFixture fixture)
{
    // Debian's pocketsphinx-testdata: LibriVox recordings with their transcripts.
    private const string Folder = "/usr/share/pocketsphinx/test/data/librivox";

    [Fact]
    public async Task LibriVox_sentences_are_understood_with_a_word_error_rate_of_at_most_a_fifth()
    {
        var (errors, words) = (0, 0);
        await using var calls = new VoiceCalls(fixture.Platform);
        foreach (var pair in Clips().Chunk(2))
        {
            // Two callers at once, since each takes as long as the sentence.
            var counts = await Task.WhenAll(pair.Select(clip => CountAsync(calls, clip.Wav, clip.Transcript)));
            errors += counts.Sum(count => count.Errors);
            words += counts.Sum(count => count.Words);
        }
        words.Should().BeGreaterThan(50);
        ((double)errors / words).Should().BeLessThanOrEqualTo(0.20);
    }

    private static async Task<(int Errors, int Words)> CountAsync(VoiceCalls calls, string wav, string transcript)
    {
        var result = await calls.CallAsync(TelephoneAudio.ReadLine(wav));
        var record = await calls.RecordOfAsync(result);
        return WordErrors.Count(transcript, string.Join(' ', VoiceCalls.Turns(record, "user")));
    }

    /// <summary>Lines of the transcription file: "&lt;s&gt; and mister john dashwood … &lt;/s&gt; (file-name)".</summary>
    private static IEnumerable<(string Wav, string Transcript)> Clips()
    {
        var lines = File.ReadAllLines(Path.Combine(Folder, "transcription"));
        foreach (var line in lines.Where(line => line.Contains('(')))
        {
            var name = line[(line.LastIndexOf('(') + 1)..line.LastIndexOf(')')];
            var text = line[..line.LastIndexOf('(')].Replace("<s>", "").Replace("</s>", "").Trim();
            yield return (Path.Combine(Folder, name + ".wav"), text);
        }
    }
}
