using System.Runtime.InteropServices;

namespace OCPlatform.Media.Recording;

/// <summary>
/// libopus with two channels, for recordings (the encoders of calls are mono). One per recording, some 50 kB of native
/// memory; used by the writer's thread only.
/// </summary>
internal sealed unsafe class OpusStereoEncoder : IDisposable
{
    private const int ApplicationVoip = 2048;
    private const int SetBitrate = 4002;
    private const int SetComplexity = 4010;
    private const int GetLookahead = 4027;

    // Of 0 to 10. One thread encodes for all calls; 0 would save a tenth.
    private const int Complexity = 2;

    private static readonly nint Library = Load();
    private static readonly delegate* unmanaged<int, int, int, int*, nint> CreateState = (delegate* unmanaged<
        int,
        int,
        int,
        int*,
        nint>)Export("opus_encoder_create");
    private static readonly delegate* unmanaged<nint, short*, int, byte*, int, int> EncodeFrame = (delegate* unmanaged<
        nint,
        short*,
        int,
        byte*,
        int,
        int>)Export("opus_encode");
    private static readonly delegate* unmanaged<nint, int, nint, int> Control = (delegate* unmanaged<
        nint,
        int,
        nint,
        int>)Export("opus_encoder_ctl");
    private static readonly delegate* unmanaged<nint, void> DestroyState = (delegate* unmanaged<nint, void>)Export(
        "opus_encoder_destroy"
    );

    private nint _state;

    /// <exception cref="InvalidOperationException">libopus is absent or refuses.</exception>
    public OpusStereoEncoder(int sampleRateHz)
    {
        if (!IsAvailable)
            throw new InvalidOperationException("libopus is not installed, so nothing can be recorded as Opus.");
        int error;
        _state = CreateState(sampleRateHz, RecordingFormats.Channels, ApplicationVoip, &error);
        if (_state == 0 || error != 0)
            throw new InvalidOperationException($"libopus made no encoder (error {error}).");
        // Both channels together: two people who rarely speak at once.
        Control(_state, SetBitrate, sampleRateHz > 8000 ? 40_000 : 32_000);
        Control(_state, SetComplexity, Complexity);
        int lookahead;
        Control(_state, GetLookahead, (nint)(&lookahead));
        Lookahead = lookahead;
    }

    /// <summary>Whether the system has libopus (on 64-bit Linux, where its one variadic function can be called plainly).</summary>
    public static bool IsAvailable => Library != 0;

    /// <summary>Instants by which what is decoded lags behind what was encoded.</summary>
    public int Lookahead { get; }

    /// <summary>Encodes one frame of 20 ms, channels interleaved; returns the packet's length.</summary>
    public int Encode(ReadOnlySpan<short> frame, Span<byte> packet)
    {
        ObjectDisposedException.ThrowIf(_state == 0, this);
        int length;
        fixed (short* pcm = frame)
        fixed (byte* data = packet)
            length = EncodeFrame(_state, pcm, frame.Length / RecordingFormats.Channels, data, packet.Length);
        return length > 0 ? length : throw new InvalidOperationException($"libopus did not encode (error {length}).");
    }

    public void Dispose()
    {
        if (_state != 0)
            DestroyState(_state);
        _state = 0;
    }

    private static nint Load() =>
        OperatingSystem.IsLinux()
        && Environment.Is64BitProcess
        && NativeLibrary.TryLoad("libopus.so.0", out var library)
            ? library
            : 0;

    private static nint Export(string name) => Library == 0 ? 0 : NativeLibrary.GetExport(Library, name);
}
