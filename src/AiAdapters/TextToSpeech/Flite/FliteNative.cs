using System.Runtime.InteropServices;

namespace OCPlatform.AiAdapters.TextToSpeech.Flite;

/// <summary>The few entry points of libflite 2.x that are used (Debian: libflite1).</summary>
internal static unsafe partial class FliteNative
{
    private const string Core = "libflite.so.1";

    /// <summary>struct cst_wave of flite/cst_wave.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Wave
    {
        public nint Type;
        public int SampleRate;
        public int SampleCount;
        public int ChannelCount;
        public short* Samples;
    }

    [LibraryImport(Core, EntryPoint = "flite_init")]
    public static partial int Init();

    [LibraryImport(Core, EntryPoint = "flite_text_to_wave", StringMarshalling = StringMarshalling.Utf8)]
    public static partial Wave* TextToWave(string text, nint voice);

    [LibraryImport(Core, EntryPoint = "delete_wave")]
    public static partial void DeleteWave(Wave* wave);
}
