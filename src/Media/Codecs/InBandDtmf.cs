using System.Runtime.Intrinsics;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// Hears DTMF digits in audio (ITU-T Q.23, Q.24), for peers without telephone-event. A digit is 30 ms in which two tones, one
/// of each group, are nearly all there is, keep their strength, and are within 2.4 % of the standard's frequencies by how
/// their phase goes on; which every tone of 40 ms has in it, and speech has not. Sans-IO, no allocation; 0.25 µs for 20 ms.
/// 350 bytes an instance.
/// </summary>
/// <remarks>
/// The figures: frequencies ±1.5 % are to be taken and ±3.5 % refused; 40 ms taken, under 23 ms refused; interruptions up to
/// 10 ms are bridged, pauses of 40 ms separate digits; levels from 0 to −35 dBm0 a tone, 10 dB of twist either way. In an
/// hour of speech no digit is heard even with a share of 72 % for the two tones; at 35 % there are several a minute.
/// </remarks>
public sealed class InBandDtmf
{
    private const string Digits = "123A456B789C*0#D";
    private const int Columns = 4;
    private const int Blocks = 3;

    // Effective value 130 of 16 bits: two tones of −38 dBm0.
    private const float MinEnergy = Blocks * ToneBank.BlockSamples * 130f * 130f;

    // Share of the two tones in all energy: a look first, then exactly. 6 dB of noise is allowed.
    private const float RoughPurity = 0.60f;
    private const float Purity = 0.80f;
    private const float SustainPurity = 0.5f;
    private const float MaxTwist = 10f;
    private const float MaxOffset = 0.024f;

    // Between the strongest and the weakest of the three blocks of a tone: 7 dB, most of it what the weaker tone takes up of
    // the stronger in so short a block.
    private const float MaxSwing = 5f;

    // A digit is over when this many blocks are without it.
    private const int EndBlocks = 2;

    private static readonly float[] Hz = [697, 770, 852, 941, 1209, 1336, 1477, 1633];
    private static readonly ToneBank Bank = new(Hz);

    private readonly int _blockSamples;
    private ToneInput _input;
    private ToneBlock _first;
    private ToneBlock _second;
    private ToneBlock _third;
    private float _level;
    private int _code = -1;
    private int _blocks;
    private int _missed;

    /// <param name="sampleRateHz">8000 or 16000.</param>
    public InBandDtmf(int sampleRateHz)
    {
        if (sampleRateHz is not (8000 or 16_000))
            throw new ArgumentOutOfRangeException(nameof(sampleRateHz), sampleRateHz, "8000 or 16000 Hz.");
        _blockSamples = sampleRateHz / 1000 * ToneBank.BlockMs;
    }

    /// <summary>A digit is heard at present.</summary>
    public bool Active => _code >= 0;

    /// <summary>Listens on.</summary>
    /// <param name="pcm">10, 20 or 30 ms: in more, two digits could end.</param>
    /// <param name="digit">The digit that has ended.</param>
    /// <param name="durationMs">Of that digit, to within 10 ms.</param>
    /// <returns>Whether a digit has ended.</returns>
    public bool Process(ReadOnlySpan<short> pcm, out char digit, out int durationMs)
    {
        digit = default;
        durationMs = 0;
        var ended = false;
        Span<float> block = stackalloc float[ToneBank.BlockSamples];
        for (var at = 0; at + _blockSamples <= pcm.Length; at += _blockSamples)
        {
            _input.Take(pcm.Slice(at, _blockSamples), block);
            _first = _second;
            _second = _third;
            _third = Bank.Measure(block);
            ended |= OnBlock(ref digit, ref durationMs);
        }

        return ended;
    }

    private bool OnBlock(ref char digit, ref int durationMs)
    {
        if (_code >= 0)
        {
            if (Sustains())
            {
                _blocks += 1 + _missed;
                _missed = 0;
                return false;
            }

            if (++_missed < EndBlocks)
                return false;
            digit = Digits[_code];
            durationMs = _blocks * ToneBank.BlockMs;
            _code = -1;
            return true;
        }

        _code = Recognise();
        _blocks = Blocks;
        _missed = 0;
        return false;
    }

    /// <summary>The digit that fills the three blocks, −1 when there is none.</summary>
    private int Recognise()
    {
        var total = _first.Energy + _second.Energy + _third.Energy;
        if (total < MinEnergy)
            return -1;
        var energies = _first.Energies + _second.Energies + _third.Energies;
        var row = Strongest(energies.GetLower());
        var column = Columns + Strongest(energies.GetUpper());
        if (energies[row] + energies[column] < RoughPurity * total || !IsSteady(row) || !IsSteady(column))
            return -1;

        var low = Bank.Refine(_first, _second, _third, row);
        var high = Bank.Refine(_first, _second, _third, column);
        if (
            MathF.Abs(low.OffsetHz) > MaxOffset * Hz[row]
            || MathF.Abs(high.OffsetHz) > MaxOffset * Hz[column]
            || low.Energy > MaxTwist * high.Energy
            || high.Energy > MaxTwist * low.Energy
            || low.Energy + high.Energy < Purity * total
        )
            return -1;
        _level = total / Blocks;
        return row * Columns + column - Columns;
    }

    private bool Sustains()
    {
        var energies = _third.Energies;
        var (row, column) = (energies[_code / Columns], energies[Columns + _code % Columns]);
        return row + column > SustainPurity * Math.Max(_third.Energy, _level / 4);
    }

    private bool IsSteady(int lane)
    {
        var (a, b, c) = (_first.Energies[lane], _second.Energies[lane], _third.Energies[lane]);
        return Math.Max(a, Math.Max(b, c)) < MaxSwing * Math.Min(a, Math.Min(b, c));
    }

    private static int Strongest(Vector128<float> energies)
    {
        var best = 0;
        for (var i = 1; i < Columns; i++)
        {
            if (energies[i] > energies[best])
                best = i;
        }

        return best;
    }
}
