using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.AiAdapters.TextToSpeech.Cache;

/// <summary>Everything that the sound of a phrase depends on.</summary>
/// <param name="Engine">With the version of whatever else shapes the sound, such as the phonemizer.</param>
/// <param name="Text">As spoken, after normalisation.</param>
public readonly record struct PhraseKey(string Engine, string Voice, double Speed, int SampleRateHz, string Text)
{
    /// <summary>Names the phrase's file.</summary>
    public string Hash()
    {
        var speed = Speed.ToString("R", CultureInfo.InvariantCulture);
        var rate = SampleRateHz.ToString(CultureInfo.InvariantCulture);
        var all = string.Join('\0', Engine, Voice, speed, rate, Text);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)).AsSpan(0, 16));
    }
}
