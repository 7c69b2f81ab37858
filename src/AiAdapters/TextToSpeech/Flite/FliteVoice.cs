using System.Runtime.InteropServices;
using OCPlatform.Media.Dsp;

namespace OCPlatform.AiAdapters.TextToSpeech.Flite;

/// <summary>
/// A flite voice: 16 kHz, 20–70 ms of work for a sentence, no model to load. The library's synthesis keeps state in
/// globals, so one utterance is made at a time in a process.
/// </summary>
public sealed unsafe class FliteVoice
{
    private static readonly Lock Library = new();
    private static readonly Dictionary<string, FliteVoice> Voices = [];
    private static string? _unavailable;
    private static bool _initialised;

    private readonly nint _voice;

    private FliteVoice(string name, nint voice)
    {
        Name = name;
        _voice = voice;
    }

    /// <summary>rms (male) or slt (female).</summary>
    public string Name { get; }

    /// <summary>Whether the library is installed; otherwise the reason and what mends it.</summary>
    public static bool IsAvailable(out string? reason)
    {
        lock (Library)
        {
            Initialise();
            reason = _unavailable;
            return reason is null;
        }
    }

    /// <param name="name">rms or slt.</param>
    /// <exception cref="SpeechException">No such voice, or the library is not installed.</exception>
    public static FliteVoice Get(string name)
    {
        lock (Library)
        {
            Initialise();
            if (_unavailable is not null)
                throw new SpeechException(SpeechFailure.Unavailable, _unavailable);
            if (Voices.TryGetValue(name, out var known))
                return known;
            if (name is not ("rms" or "slt"))
                throw new SpeechException(
                    SpeechFailure.Rejected,
                    $"There is no flite voice '{name}'; rms and slt exist."
                );
            if (
                !NativeLibrary.TryLoad($"libflite_cmu_us_{name}.so.1", out var library)
                || !NativeLibrary.TryGetExport(library, $"register_cmu_us_{name}", out var register)
            )
            {
                throw new SpeechException(
                    SpeechFailure.Unavailable,
                    $"libflite_cmu_us_{name}.so.1 cannot be loaded; install the Debian package libflite1."
                );
            }

            var voice = new FliteVoice(name, ((delegate* unmanaged<nint, nint>)register)(0));
            Voices.Add(name, voice);
            return voice;
        }
    }

    /// <summary>Speaks a text at 8000, 16000 or 24000 Hz.</summary>
    public short[] Synthesize(string text, int sampleRateHz)
    {
        short[] native;
        int nativeRateHz;
        lock (Library)
        {
            // A NUL would cut the text short on the other side.
            var wave = FliteNative.TextToWave(text.Replace('\0', ' '), _voice);
            if (wave is null)
                throw new SpeechException(SpeechFailure.Unavailable, "flite could not speak the text.");
            try
            {
                nativeRateHz = wave->SampleRate;
                native = new ReadOnlySpan<short>(wave->Samples, wave->SampleCount).ToArray();
            }
            finally
            {
                FliteNative.DeleteWave(wave);
            }
        }

        return PcmResampling.Convert(native, nativeRateHz, sampleRateHz);
    }

    private static void Initialise()
    {
        if (_initialised)
            return;
        _initialised = true;
        try
        {
            _ = FliteNative.Init();
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            _unavailable = "libflite.so.1 cannot be loaded; install the Debian package libflite1.";
        }
    }
}
