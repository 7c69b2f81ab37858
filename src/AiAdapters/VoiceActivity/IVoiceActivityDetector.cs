namespace OCPlatform.AiAdapters.VoiceActivity;

/// <summary>Tells speech from everything else, frame by frame. One per stream, for one thread at a time.</summary>
public interface IVoiceActivityDetector : IDisposable
{
    /// <param name="pcm8k">Exactly <see cref="VoiceActivityDetector.FrameSamples"/> samples at 8 kHz.</param>
    /// <returns>0…1, how likely the frame is speech; 0.5 is the usual threshold.</returns>
    float Process(ReadOnlySpan<short> pcm8k);

    /// <summary>Forgets the past, as at the start of a call.</summary>
    void Reset();
}
