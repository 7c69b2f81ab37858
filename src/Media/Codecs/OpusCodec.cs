namespace OCPlatform.Media.Codecs;

/// <summary>
/// Opus (RFC 6716, RFC 7587) through libopus, which decodes any stream, wide or narrow, mono or stereo, to mono at the
/// session's rate. 18 kB an instance, 0.7 ms of processor a second at 16 kHz.
/// </summary>
internal sealed unsafe class OpusDecoder : IAudioDecoder
{
    private readonly OpusDecoderHandle _decoder;

    // Concealment and redundancy come in steps of 2.5 ms.
    private readonly int _step;

    public OpusDecoder(int sampleRateHz)
    {
        SampleRateHz = sampleRateHz;
        _step = sampleRateHz / 400;
        _decoder = OpusLibrary.CreateDecoder(sampleRateHz);
    }

    public int SampleRateHz { get; }

    public int SamplesOf(ReadOnlySpan<byte> payload) =>
        OpusPacket.TryParse(payload, out var packet) ? packet.Samples(SampleRateHz) : 0;

    public int Decode(ReadOnlySpan<byte> payload, Span<short> pcm)
    {
        var samples = SamplesOf(payload);
        if (samples == 0 || samples > pcm.Length)
            return 0;
        return Decode(payload, pcm[..samples], redundancy: false) ? samples : 0;
    }

    public bool Conceal(Span<short> pcm) => pcm.Length > 0 && pcm.Length % _step == 0 && Decode([], pcm, false);

    public bool Recover(ReadOnlySpan<byte> next, Span<short> pcm) =>
        OpusPacket.TryParse(next, out var packet)
        && packet.HasRedundancy
        && pcm.Length >= packet.Samples(SampleRateHz) / packet.Frames
        && pcm.Length % _step == 0
        && Decode(next, pcm, redundancy: true);

    public void Reset() => OpusLibrary.Set(_decoder, OpusLibrary.Control.ResetState, 0);

    public void Dispose() => _decoder.Dispose();

    /// <summary>An empty payload makes libopus conceal.</summary>
    private bool Decode(ReadOnlySpan<byte> payload, Span<short> pcm, bool redundancy)
    {
        fixed (byte* from = payload)
        fixed (short* to = pcm)
        {
            var fec = redundancy ? 1 : 0;
            return OpusLibrary.Decode(_decoder, from, payload.Length, to, pcm.Length, fec) == pcm.Length;
        }
    }
}

/// <summary>
/// Speech by libopus: mono, variable rate, in-band redundancy according to the loss that the peer reports. No
/// discontinuous transmission: a steady stream keeps NATs open and the peer's measurements going. 44 kB an instance.
/// </summary>
internal sealed unsafe class OpusEncoder : IAudioEncoder
{
    /// <summary>
    /// At this bit rate the signal-to-noise ratio is the same for all, and the cost at 16 kHz is 2.5, 2.9, 4.7, 6.3 and
    /// 12 ms of processor a second for complexity 0, 1, 3, 5 and 9.
    /// </summary>
    public const int DefaultComplexity = 1;

    private const int WideBitrate = 28_000;
    private const int NarrowBitrate = 18_000;

    // With loss. libopus weighs the bit rate before it spends on redundancy: at 28 kbit/s and this complexity there is none
    // at 5 % of loss, at 18 kbit/s never; at these there is from 1 % on.
    private const int WideBitrateWithLoss = 36_000;
    private const int NarrowBitrateWithLoss = 28_000;

    // 64 kbit/s at most, so that a packet needs no more room than one of G.711.
    private const int MaxBytesPerMs = 8;

    // More redundancy than this only takes quality from what does arrive.
    private const int MaxLossPercent = 30;

    private readonly OpusEncoderHandle _encoder;
    private int _lossPercent;

    public OpusEncoder(int sampleRateHz, int complexity = DefaultComplexity)
    {
        SampleRateHz = sampleRateHz;
        _encoder = OpusLibrary.CreateEncoder(sampleRateHz);
        SetBitrate();
        Set(OpusLibrary.Control.Complexity, complexity);
        Set(OpusLibrary.Control.Signal, OpusLibrary.SignalVoice);
        Set(OpusLibrary.Control.MaxBandwidth, OpusLibrary.BandwidthWideband);
        Set(OpusLibrary.Control.InbandFec, 1);
    }

    public int SampleRateHz { get; }

    public bool Supports(int ptimeMs) => ptimeMs is 10 or 20 or 40 or 60;

    public int MaxBytes(int ptimeMs) => ptimeMs * MaxBytesPerMs;

    /// <summary>0 when the samples are no packet time that Opus has.</summary>
    public int Encode(ReadOnlySpan<short> pcm, Span<byte> payload)
    {
        var most = Math.Min(payload.Length, MaxBytes(pcm.Length * 1000 / SampleRateHz));
        fixed (short* from = pcm)
        fixed (byte* to = payload)
            return Math.Max(0, OpusLibrary.Encode(_encoder, from, pcm.Length, to, most));
    }

    /// <summary>Redundancy rises with the loss at once and falls slowly: loss comes in bursts, reports every few seconds.</summary>
    public void OnPeerLoss(float fraction)
    {
        var reported = (int)Math.Clamp(MathF.Ceiling(fraction * 100), 0, MaxLossPercent);
        var percent = Math.Max(reported, _lossPercent * 3 / 4);
        if (percent == _lossPercent)
            return;
        _lossPercent = percent;
        Set(OpusLibrary.Control.PacketLossPercent, percent);
        SetBitrate();
    }

    public void Dispose() => _encoder.Dispose();

    private void SetBitrate()
    {
        var (without, with) =
            SampleRateHz > 8000 ? (WideBitrate, WideBitrateWithLoss) : (NarrowBitrate, NarrowBitrateWithLoss);
        Set(OpusLibrary.Control.Bitrate, _lossPercent > 0 ? with : without);
    }

    private void Set(OpusLibrary.Control control, int value) => OpusLibrary.Set(_encoder, control, value);
}
