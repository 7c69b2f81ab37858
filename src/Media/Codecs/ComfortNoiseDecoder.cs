using System.Runtime.CompilerServices;
using OCPlatform.Media.Dsp;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// Plays the background noise that a sender describes instead of sending it (RFC 3389).
/// <code>
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+     +-+-+-+-+-+-+-+-+
/// |0|   level     |      N1       | ... |      NM       |
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+     +-+-+-+-+-+-+-+-+
/// </code>
/// Level in −dBov, where a square wave of full scale is 0; then any number of reflection coefficients of an all-pole model.
/// White noise runs through the lattice filter that they are, in its normalised form: whatever the coefficients are, and
/// when they change, power passes unchanged. 190 bytes an instance; where noise and session differ in rate, a
/// <see cref="Resampler"/> on top.
/// </summary>
public sealed class ComfortNoiseDecoder
{
    // More than any sender has use for; what a payload brings beyond is left out, which the RFC allows.
    private const int MaxOrder = 12;
    private const int MaxPieceSamples = 960;
    private const float FullScale = 32768;

    // Uniform noise between −1 and 1 has the effective value 1/√3.
    private static readonly float Sqrt3 = MathF.Sqrt(3);

    private Stages _sines;
    private Stages _cosines;
    private Stages _backward;
    private readonly Resampler? _resampler;
    private readonly int _factor;
    private int _order;
    private float _gain;
    private float _targetGain;
    private uint _random = 0x9E3779B9;

    /// <param name="noiseRateHz">The codec's rate, which the spectrum refers to: 8000 or 16000.</param>
    /// <param name="sampleRateHz">Of the PCM that is wanted: 8000 or 16000.</param>
    public ComfortNoiseDecoder(int noiseRateHz, int sampleRateHz)
    {
        if (noiseRateHz != sampleRateHz)
            _resampler = new Resampler(noiseRateHz, sampleRateHz);
        _factor = 2 * noiseRateHz / sampleRateHz;
    }

    /// <summary>A description has been read since the beginning or <see cref="Reset"/>.</summary>
    public bool HasNoise { get; private set; }

    /// <summary>Takes a payload; the noise glides to it within the next call of <see cref="Generate"/>.</summary>
    /// <returns>False when it is empty: nothing changes.</returns>
    public bool Read(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return false;
        var coefficients = payload[1..];
        _order = Math.Min(coefficients.Length, MaxOrder);
        for (var i = 0; i < _order; i++)
        {
            // §3.2; 255 is not in use and means nothing here.
            var k = coefficients[i] == 255 ? 0 : 258f * (coefficients[i] - 127) / 32768;
            _sines[i] = k;
            _cosines[i] = MathF.Sqrt(1 - k * k);
        }

        _targetGain = FullScale * MathF.Pow(10, -(payload[0] & 0x7F) / 20f) * Sqrt3;
        if (!HasNoise)
            _gain = _targetGain;
        HasNoise = true;
        return true;
    }

    /// <summary>Noise as described last; silence before the first description.</summary>
    /// <param name="pcm">At most 60 ms.</param>
    public void Generate(Span<short> pcm)
    {
        if (!HasNoise)
        {
            pcm.Clear();
            return;
        }

        if (_resampler is null)
        {
            Synthesise(pcm);
            return;
        }

        Span<short> noise = stackalloc short[Math.Min(pcm.Length * _factor / 2, MaxPieceSamples)];
        Synthesise(noise);
        Span<short> converted = stackalloc short[_resampler.MaxOutput(noise.Length)];
        var count = Math.Min(_resampler.Process(noise, converted), pcm.Length);
        converted[..count].CopyTo(pcm);
        pcm[count..].Clear();
    }

    /// <summary>Forgets the description: a pause of another stretch of speech begins with its own.</summary>
    public void Reset()
    {
        HasNoise = false;
        _order = 0;
        _backward = default;
        _resampler?.Reset();
    }

    private void Synthesise(Span<short> pcm)
    {
        var step = pcm.IsEmpty ? 0 : (_targetGain - _gain) / pcm.Length;
        for (var i = 0; i < pcm.Length; i++)
        {
            _gain += step;
            _random ^= _random << 13;
            _random ^= _random >> 17;
            _random ^= _random << 5;
            var forward = (int)_random * (1f / 2147483648f);
            for (var m = _order - 1; m >= 0; m--)
            {
                // A rotation by the angle whose sine is the coefficient.
                var (incoming, delayed) = (forward, _backward[m]);
                forward = _cosines[m] * incoming - _sines[m] * delayed;
                if (m + 1 < _order)
                    _backward[m + 1] = _sines[m] * incoming + _cosines[m] * delayed;
            }

            _backward[0] = forward;
            pcm[i] = (short)Math.Clamp(_gain * forward, short.MinValue, short.MaxValue);
        }

        _gain = _targetGain;
    }

    [InlineArray(MaxOrder)]
    private struct Stages
    {
        private float _first;
    }
}
