namespace OCPlatform.LoadTest.Chaos;

/// <summary>
/// Knows the harness' own lines by their sound, and nothing else. It stands in for a recogniser where the engines are not what is
/// measured: 60 callers cost it next to nothing, and it never mishears. Of a line that was cut it gives the words that came through.
/// </summary>
public sealed class LineRecognizer
{
    // Over a telephone a line differs from itself by some 0.05 decades, from another one by 0.4 and more.
    private const double MostDistance = 0.25;
    private const double WholeShare = 0.85;
    private const int ShortestFrames = 8;
    private const int Slack = 8;

    private readonly IReadOnlyList<(SpokenLine Line, LineFeatures Features)> _lines;

    public LineRecognizer(IEnumerable<SpokenLine> lines) =>
        _lines = [
            .. lines
                .DistinctBy(line => line.Text)
                .Select(line => (line, LineFeatures.Of(line.Pcm.Span, LineFeatures.FineHop))),
        ];

    /// <summary>What was said, as far as it is one of the lines; empty otherwise.</summary>
    /// <param name="pcm8k">8 kHz, with silence around it or not.</param>
    public string Recognize(ReadOnlySpan<short> pcm8k)
    {
        var (start, end) = SpokenLine.SpeechBounds(pcm8k);
        var heard = LineFeatures.Of(pcm8k[start..end], LineFeatures.FrameSamples);
        if (heard.Frames < ShortestFrames)
        {
            return "";
        }
        var best = (Distance: double.MaxValue, Index: -1, Offset: 0);
        for (var index = 0; index < _lines.Count; index++)
        {
            var line = _lines[index].Features;
            var fine = heard.Frames * (LineFeatures.FrameSamples / LineFeatures.FineHop);
            // Everything that was heard lies within the line, but for a little at the ends.
            for (var offset = -Slack; offset <= line.Frames - fine + Slack; offset++)
            {
                var distance = heard.DistanceTo(line, offset);
                // Of two lines that begin alike the one that was heard whole is meant.
                distance += fine >= line.Frames * WholeShare ? 0 : 1e-3;
                if (distance < best.Distance)
                {
                    best = (distance, index, offset);
                }
            }
        }
        return best.Distance > MostDistance ? "" : Covered(_lines[best.Index], best.Offset, heard.Frames);
    }

    /// <summary>The words of the line between two places; how long each takes is guessed by its letters.</summary>
    private static string Covered((SpokenLine Line, LineFeatures Features) line, int offset, int frames)
    {
        var length = (double)line.Features.Frames;
        var from = offset / length;
        var to = (offset + frames * (LineFeatures.FrameSamples / LineFeatures.FineHop)) / length;
        var text = line.Line.Text;
        if (to - from >= WholeShare)
        {
            return text;
        }
        var words = new List<string>();
        var at = 0;
        foreach (var word in text.Split(' '))
        {
            var (begins, ends) = ((double)at / text.Length, (double)(at + word.Length) / text.Length);
            if (begins >= from - 0.02 && ends <= to + 0.02)
            {
                words.Add(word);
            }
            at += word.Length + 1;
        }
        return string.Join(' ', words);
    }
}
