using System.Runtime.InteropServices;
using System.Text;

namespace OCPlatform.AiAdapters.TextToSpeech.Kokoro;

/// <summary>
/// Phonemes by libespeak-ng, if the system has it. The library is under the GPL-3: it is neither linked nor shipped, but
/// opened at run time where its user has installed it. It keeps its state in globals, so one text goes through at a time.
/// </summary>
internal sealed unsafe class EspeakPhonemizer : IPhonemizer
{
    // speak_lib.h: AUDIO_OUTPUT_SYNCHRONOUS opens no audio device.
    private const int AudioOutputSynchronous = 2;
    private const int EncodingUtf8 = 1;

    // speak_lib.h, espeak_TextToPhonemes: bit 1 asks for IPA, bit 7 for a tie character (bits 8 to 23) inside diphthongs
    // and affricates, by which "a" + "ɪ" can be told from "aɪ".
    private const int IpaWithTies = 0x02 | 0x80 | ('^' << 8);

    private static readonly Lock Library = new();

    // What espeak writes, and what Kokoro's alphabet has for it; longer patterns first.
    private static readonly (string Espeak, string Kokoro)[] Alphabet =
    [
        ("ʔˌn\u0329", "tᵊn"),
        ("ʔn\u0329", "tᵊn"),
        ("ʔn", "tᵊn"),
        ("a^ɪ", "I"),
        ("a^ʊ", "W"),
        ("d^ʒ", "ʤ"),
        ("e^ɪ", "A"),
        ("t^ʃ", "ʧ"),
        ("ɔ^ɪ", "Y"),
        ("o^ʊ", "O"),
        ("ə^l", "ᵊl"),
        ("ʲo", "jo"),
        ("ʲə", "jə"),
        ("ɜːɹ", "ɜɹ"),
        ("ɜː", "ɜɹ"),
        ("ɪə", "iə"),
        ("ʲ", ""),
        ("ɚ", "əɹ"),
        ("e", "A"),
        ("o", "ɔ"),
        ("r", "ɹ"),
        ("x", "k"),
        ("ç", "k"),
        ("ɐ", "ə"),
        ("ɬ", "l"),
        ("ɾ", "T"),
        ("ʔ", "t"),
        ("ː", ""),
        ("^", ""),
        ("\u0303", ""),
    ];

    private readonly delegate* unmanaged<byte**, int, int, byte*> _textToPhonemes;

    private EspeakPhonemizer(nint library) =>
        _textToPhonemes = (delegate* unmanaged<byte**, int, int, byte*>)
            NativeLibrary.GetExport(library, "espeak_TextToPhonemes");

    public string Name => "espeak";

    /// <returns>null where the library is not installed or does not start.</returns>
    public static EspeakPhonemizer? TryCreate()
    {
        lock (Library)
        {
            if (!NativeLibrary.TryLoad("libespeak-ng.so.1", out var library))
                return null;
            if (
                !NativeLibrary.TryGetExport(library, "espeak_Initialize", out var initialise)
                || !NativeLibrary.TryGetExport(library, "espeak_SetVoiceByName", out var setVoice)
                || !NativeLibrary.TryGetExport(library, "espeak_TextToPhonemes", out _)
            )
                return null;
            if (((delegate* unmanaged<int, int, byte*, int, int>)initialise)(AudioOutputSynchronous, 0, null, 0) < 0)
                return null;
            fixed (byte* voice = "en-us\0"u8)
            {
                if (((delegate* unmanaged<byte*, int>)setVoice)(voice) != 0)
                    return null;
            }

            return new EspeakPhonemizer(library);
        }
    }

    public string Phonemes(string text)
    {
        var ipa = new StringBuilder();
        var utf8 = Encoding.UTF8.GetBytes(text + "\0");
        lock (Library)
        {
            fixed (byte* start = utf8)
            {
                // Each call takes one clause and moves the pointer on; null when the text is used up.
                var rest = start;
                while (rest is not null && *rest != 0)
                {
                    var clause = _textToPhonemes(&rest, EncodingUtf8, IpaWithTies);
                    if (clause is null)
                        break;
                    if (ipa.Length > 0)
                        ipa.Append(' ');
                    ipa.Append(Marshal.PtrToStringUTF8((nint)clause));
                }
            }
        }

        foreach (var (espeak, kokoro) in Alphabet)
            ipa.Replace(espeak, kokoro);
        // A syllabic consonant carries a mark behind it; Kokoro's alphabet has a small schwa in front.
        for (var i = 1; i < ipa.Length; i++)
        {
            if (ipa[i] == '\u0329')
                (ipa[i - 1], ipa[i]) = ('ᵊ', ipa[i - 1]);
        }

        return ipa.Replace('\n', ' ').ToString().Trim();
    }
}
