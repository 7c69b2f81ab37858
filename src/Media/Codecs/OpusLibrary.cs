using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace OCPlatform.Media.Codecs;

/// <summary>The system's libopus (Debian: libopus0), where there is one.</summary>
internal static unsafe partial class OpusLibrary
{
    private const string Name = "libopus.so.0";
    private const int Mono = 1;
    private const int ApplicationVoip = 2048;

    public static readonly bool IsPresent =
        NativeLibrary.TryLoad(Name, out var library) && NativeLibrary.TryGetExport(library, "opus_encode", out _);

    /// <summary>Controls of libopus that take one number (opus_defines.h).</summary>
    internal enum Control
    {
        MaxBandwidth = 4004,
        Bitrate = 4002,
        Complexity = 4010,
        InbandFec = 4012,
        PacketLossPercent = 4014,
        Signal = 4024,
        ResetState = 4028,
    }

    public const int SignalVoice = 3001;
    public const int BandwidthWideband = 1103;

    /// <exception cref="InvalidOperationException">libopus refused; out of memory.</exception>
    public static OpusDecoderHandle CreateDecoder(int sampleRateHz)
    {
        var decoder = opus_decoder_create(sampleRateHz, Mono, out var error);
        return error == 0 ? decoder : throw Refused(error);
    }

    /// <inheritdoc cref="CreateDecoder"/>
    public static OpusEncoderHandle CreateEncoder(int sampleRateHz)
    {
        var encoder = opus_encoder_create(sampleRateHz, Mono, ApplicationVoip, out var error);
        return error == 0 ? encoder : throw Refused(error);
    }

    // The two controls are variadic in C. With one integer they are called like any function on x64 and ARM64 Linux.
    [LibraryImport(Name, EntryPoint = "opus_encoder_ctl")]
    public static partial int Set(OpusEncoderHandle encoder, Control control, int value);

    [LibraryImport(Name, EntryPoint = "opus_decoder_ctl")]
    public static partial int Set(OpusDecoderHandle decoder, Control control, int value);

    [LibraryImport(Name, EntryPoint = "opus_encode")]
    public static partial int Encode(OpusEncoderHandle encoder, short* pcm, int samples, byte* payload, int maxBytes);

    [LibraryImport(Name, EntryPoint = "opus_decode")]
    public static partial int Decode(
        OpusDecoderHandle decoder,
        byte* payload,
        int bytes,
        short* pcm,
        int maxSamples,
        int fec
    );

    [LibraryImport(Name)]
    internal static partial void opus_encoder_destroy(nint encoder);

    [LibraryImport(Name)]
    internal static partial void opus_decoder_destroy(nint decoder);

    [LibraryImport(Name)]
    private static partial OpusDecoderHandle opus_decoder_create(int sampleRateHz, int channels, out int error);

    [LibraryImport(Name)]
    private static partial OpusEncoderHandle opus_encoder_create(
        int sampleRateHz,
        int channels,
        int application,
        out int error
    );

    private static InvalidOperationException Refused(int error) => new($"libopus gives error {error}.");
}

/// <summary>Owns an OpusEncoder.</summary>
internal sealed class OpusEncoderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        OpusLibrary.opus_encoder_destroy(handle);
        return true;
    }
}

/// <summary>Owns an OpusDecoder.</summary>
internal sealed class OpusDecoderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        OpusLibrary.opus_decoder_destroy(handle);
        return true;
    }
}
