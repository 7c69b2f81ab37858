using System.Buffers.Text;
using System.Text;

namespace OCPlatform.AiAdapters.SpeechToText.Moonshine;

/// <summary>
/// The 32,000 pieces of the Llama tokenizer, which Moonshine writes in: U+2581 stands for a space, <c>&lt;0x41&gt;</c> for a
/// byte. Ids from 32,000 on are Moonshine's own marks and have no text.
/// </summary>
internal sealed class MoonshineVocabulary
{
    public const int BeginOfSpeech = 1;
    public const int EndOfSpeech = 2;
    private const int Size = 32_000;

    // In the JavaScript file the pieces are one base64 string of newline-separated text.
    private const string Marker = "llama_vocab_base64 = \"";

    private readonly byte[][] _pieces;

    private MoonshineVocabulary(byte[][] pieces) => _pieces = pieces;

    /// <param name="path">llama-tokenizer.js.</param>
    /// <exception cref="InvalidDataException">The file has no vocabulary of the right size.</exception>
    public static MoonshineVocabulary Load(string path)
    {
        var script = File.ReadAllText(path);
        var start = script.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length;
        var end = start < Marker.Length ? -1 : script.IndexOf('"', start);
        if (end < 0)
            throw new InvalidDataException($"{path} has no vocabulary.");
        var lines = Encoding.UTF8.GetString(Convert.FromBase64String(script[start..end])).Split('\n');
        if (lines.Length < Size)
            throw new InvalidDataException($"{path} has {lines.Length} pieces instead of {Size}.");
        var pieces = new byte[Size][];
        for (var i = 0; i < Size; i++)
            pieces[i] = Piece(lines[i]);
        return new MoonshineVocabulary(pieces);
    }

    /// <summary>The text of a token sequence, trimmed.</summary>
    public string Text(IReadOnlyList<int> tokens)
    {
        var bytes = new List<byte>(tokens.Count * 4);
        foreach (var token in tokens)
        {
            if (token is > EndOfSpeech and < Size)
                bytes.AddRange(_pieces[token]);
        }

        return Encoding.UTF8.GetString([.. bytes]).Trim();
    }

    private static byte[] Piece(string line)
    {
        if (line.Length == 6 && line.StartsWith("<0x", StringComparison.Ordinal))
        {
            var hex = Encoding.ASCII.GetBytes(line[3..5]);
            if (Utf8Parser.TryParse(hex, out byte value, out var used, 'x') && used == 2)
                return [value];
        }

        return Encoding.UTF8.GetBytes(line.Replace('\u2581', ' '));
    }
}
