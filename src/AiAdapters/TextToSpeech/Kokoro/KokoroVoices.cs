using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OCPlatform.AiAdapters.Models;

namespace OCPlatform.AiAdapters.TextToSpeech.Kokoro;

/// <summary>Voice files: f32 [510, 1, 256], one style per number of phonemes.</summary>
internal sealed class KokoroVoices(ModelStore models)
{
    public const int StyleLength = 256;
    private const int Rows = 510;

    private readonly ConcurrentDictionary<string, float[]> _loaded = new();

    /// <summary>Voices whose files are there.</summary>
    public IReadOnlyList<string> Names { get; } = Find(models);

    /// <summary>The style of a voice for a text of so many phonemes.</summary>
    public Memory<float> Style(string voice, int phonemes)
    {
        var styles = _loaded.GetOrAdd(voice, Load);
        return styles.AsMemory(Math.Clamp(phonemes, 0, Rows - 1) * StyleLength, StyleLength);
    }

    private float[] Load(string voice)
    {
        var bytes = File.ReadAllBytes(models.PathOf($"kokoro/voices/{voice}.bin"));
        if (bytes.Length != Rows * StyleLength * sizeof(float))
            throw new InvalidDataException($"The voice file of {voice} has {bytes.Length} bytes.");
        return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }

    private static string[] Find(ModelStore models)
    {
        var folder = Path.Combine(models.Directory, "kokoro", "voices");
        return Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, "*.bin").Select(f => Path.GetFileNameWithoutExtension(f)).Order()]
            : [];
    }
}
