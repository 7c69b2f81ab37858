namespace OCPlatform.Media.Codecs;

/// <summary>
/// Turns mono PCM at <see cref="SampleRateHz"/> into one stream's payloads. Allocates at construction only; used by one
/// thread at a time.
/// </summary>
public interface IAudioEncoder : IDisposable
{
    /// <summary>Rate of the PCM it takes, in Hz.</summary>
    int SampleRateHz { get; }

    /// <summary>Packet times it can encode in one payload are multiples of 10 ms; Opus takes 10, 20, 40 and 60.</summary>
    bool Supports(int ptimeMs) => ptimeMs is > 0 and <= 60 && ptimeMs % 10 == 0;

    /// <summary>Most bytes that a payload of this duration may take.</summary>
    int MaxBytes(int ptimeMs);

    /// <summary>Encodes one packet's audio; returns the payload's length in bytes.</summary>
    int Encode(ReadOnlySpan<short> pcm, Span<byte> payload);

    /// <summary>The peer's view of our stream, 0–1: codecs with redundancy spend on it what the loss asks for.</summary>
    void OnPeerLoss(float fraction) { }
}
