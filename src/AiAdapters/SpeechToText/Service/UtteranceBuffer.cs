using System.Buffers;

namespace OCPlatform.AiAdapters.SpeechToText.Service;

/// <summary>The samples of one utterance at 16 kHz; before it starts, only the last moments.</summary>
internal sealed class UtteranceBuffer(int preRollSamples) : IDisposable
{
    private float[] _samples = ArrayPool<float>.Shared.Rent(32_000);

    public int Length { get; private set; }

    public void Append(ReadOnlySpan<float> samples)
    {
        if (Length + samples.Length > _samples.Length)
        {
            var larger = ArrayPool<float>.Shared.Rent((Length + samples.Length) * 2);
            _samples.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<float>.Shared.Return(_samples);
            _samples = larger;
        }

        samples.CopyTo(_samples.AsSpan(Length));
        Length += samples.Length;
    }

    /// <summary>Nothing has been said yet: forgets all but the pre-roll.</summary>
    public void TrimToPreRoll()
    {
        // In larger steps than a frame, because each moves the samples.
        if (Length <= preRollSamples * 2)
            return;
        _samples.AsSpan(Length - preRollSamples, preRollSamples).CopyTo(_samples);
        Length = preRollSamples;
    }

    /// <summary>A copy that a decode may keep while the buffer goes on.</summary>
    public float[] Snapshot() => _samples.AsSpan(0, Length).ToArray();

    public void Clear() => Length = 0;

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_samples);
        _samples = [];
    }
}
