namespace OCPlatform.AiAdapters.VoiceActivity;

/// <summary>
/// Tells speech from everything else in 32 ms frames of 8 kHz audio (Silero v6). It is the state of one stream, 1.3 kB; the
/// tensors that the network runs on are lent by the model for the time of a frame. A frame allocates nothing.
/// </summary>
public sealed class VoiceActivityDetector : IVoiceActivityDetector
{
    /// <summary>Samples in a frame: 32 ms at 8 kHz.</summary>
    public const int FrameSamples = 256;

    // The network wants the end of the previous frame in front.
    internal const int ContextSamples = 32;
    internal const int StateLength = 2 * 128;

    private readonly VoiceActivityModel _model;
    private readonly float[] _context = new float[ContextSamples];
    private readonly float[] _state = new float[StateLength];

    internal VoiceActivityDetector(VoiceActivityModel model) => _model = model;

    /// <inheritdoc />
    public float Process(ReadOnlySpan<short> pcm8k)
    {
        if (pcm8k.Length != FrameSamples)
            throw new ArgumentException($"A frame has {FrameSamples} samples.", nameof(pcm8k));
        var tensors = _model.Lend();
        try
        {
            return tensors.Run(pcm8k, _context, _state);
        }
        finally
        {
            _model.TakeBack(tensors);
        }
    }

    /// <inheritdoc />
    public void Reset()
    {
        Array.Clear(_state);
        Array.Clear(_context);
    }

    /// <inheritdoc />
    public void Dispose() { }
}
