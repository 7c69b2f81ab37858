using System.Runtime.CompilerServices;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// Brings a session's PCM to blocks of 8 kHz floats for tone detection. From 16 kHz every second sample is taken after a
/// half-band filter of seven taps, which is flat up to the highest tone and keeps what would fold onto it 30 dB down.
/// </summary>
internal struct ToneInput
{
    private const int Before = 6;
    private History _history;

    /// <param name="pcm">80 samples for each block at 8 kHz, 160 at 16.</param>
    /// <param name="block">80 samples.</param>
    public void Take(ReadOnlySpan<short> pcm, Span<float> block)
    {
        if (pcm.Length == block.Length)
        {
            for (var i = 0; i < block.Length; i++)
                block[i] = pcm[i];
            return;
        }

        Span<short> window = stackalloc short[Before + 2 * ToneBank.BlockSamples];
        ((ReadOnlySpan<short>)_history).CopyTo(window);
        pcm.CopyTo(window[Before..]);
        window[pcm.Length..(pcm.Length + Before)].CopyTo(_history);
        for (var i = 0; i < block.Length; i++)
        {
            var w = window.Slice(2 * i, Before + 1);
            block[i] = (16 * w[3] + 9 * (w[2] + w[4]) - w[0] - w[6]) * (1f / 32);
        }
    }

    [InlineArray(Before)]
    private struct History
    {
        private short _first;
    }
}
