using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Codecs;

/// <summary>
/// Hears the tones of fax machines in audio (ITU-T T.30 §3.5): CNG, 1100 Hz ± 38 for half a second, and CED, 2100 Hz ± 15
/// for some seconds, also with the phase reversals and the modulation of ANSam (V.8). A tone counts while it is nearly all
/// there is and its frequency, by how its phase goes on, is right; interruptions of 50 ms are bridged. Each kind is
/// reported once until <see cref="Reset"/>. Sans-IO, no allocation. 370 bytes an instance.
/// </summary>
public sealed class FaxToneDetector
{
    private const int Window = 3;
    private const int CngLane = 0;
    private const int CedLane = 1;
    private const float CngOffsetHz = 45;
    private const float CedOffsetHz = 25;

    // A pause ends a run of windows beyond this: a window of 30 ms is spoilt by any part of the interruption.
    private const int MaxGap = 7;

    // In windows: a burst of 425–575 ms, of which up to two blocks at the edges are not full.
    private const int MinCng = 425 / ToneBank.BlockMs - Window - 1;
    private const int MaxCng = 600 / ToneBank.BlockMs - Window + 1;
    private const int MinCed = 1000 / ToneBank.BlockMs - Window;

    // Effective value 100 of 16 bits: −44 dBm0.
    private const float MinEnergy = Window * ToneBank.BlockSamples * 100f * 100f;

    // Share of the tone in all energy: a look first, which takes 38 Hz off for 40 % of loss, then exactly.
    private const float RoughPurity = 0.45f;
    private const float Purity = 0.8f;

    private static readonly ToneBank Bank = new(1100, 2100);

    private readonly int _blockSamples;
    private ToneInput _input;
    private ToneBlock _first;
    private ToneBlock _second;
    private ToneBlock _third;
    private int _cng;
    private int _cngGap;
    private int _ced;
    private int _cedGap;
    private bool _cngReported;
    private bool _cedReported;

    /// <param name="sampleRateHz">8000 or 16000.</param>
    public FaxToneDetector(int sampleRateHz)
    {
        if (sampleRateHz is not (8000 or 16_000))
            throw new ArgumentOutOfRangeException(nameof(sampleRateHz), sampleRateHz, "8000 or 16000 Hz.");
        _blockSamples = sampleRateHz / 1000 * ToneBank.BlockMs;
    }

    /// <summary>Listens on.</summary>
    /// <param name="pcm">A multiple of 10 ms.</param>
    /// <param name="tone">What is certain now: CED while it goes on, CNG when its burst has ended.</param>
    public bool Process(ReadOnlySpan<short> pcm, out FaxTone tone)
    {
        tone = default;
        var heard = false;
        Span<float> block = stackalloc float[ToneBank.BlockSamples];
        for (var at = 0; at + _blockSamples <= pcm.Length; at += _blockSamples)
        {
            _input.Take(pcm.Slice(at, _blockSamples), block);
            _first = _second;
            _second = _third;
            _third = Bank.Measure(block);
            heard |= OnBlock(ref tone);
        }

        return heard;
    }

    /// <summary>Forgets what was heard, as if new.</summary>
    public void Reset()
    {
        _first = _second = _third = default;
        _input = default;
        _cng = _cngGap = _ced = _cedGap = 0;
        _cngReported = _cedReported = false;
    }

    private bool OnBlock(ref FaxTone tone)
    {
        var total = _first.Energy + _second.Energy + _third.Energy;
        var ended = Follow(IsPresent(CngLane, CngOffsetHz, total), ref _cng, ref _cngGap);
        Follow(IsPresent(CedLane, CedOffsetHz, total), ref _ced, ref _cedGap);
        if (!_cngReported && ended is >= MinCng and <= MaxCng)
        {
            _cngReported = true;
            tone = FaxTone.Cng;
            return true;
        }

        if (_cedReported || _ced < MinCed)
            return false;
        _cedReported = true;
        tone = FaxTone.Ced;
        return true;
    }

    private bool IsPresent(int lane, float maxOffsetHz, float total)
    {
        if (
            total < MinEnergy
            || _first.Energies[lane] + _second.Energies[lane] + _third.Energies[lane] < RoughPurity * total
        )
            return false;
        var part = Bank.Refine(_first, _second, _third, lane);
        return part.Energy >= Purity * total && MathF.Abs(part.OffsetHz) <= maxOffsetHz;
    }

    /// <summary>Counts a run of windows with the tone, short gaps within it included.</summary>
    /// <returns>The length of a run that has ended now; 0 when none has.</returns>
    private static int Follow(bool present, ref int run, ref int gap)
    {
        if (present)
        {
            run += 1 + (run > 0 ? gap : 0);
            gap = 0;
            return 0;
        }

        if (run == 0 || ++gap <= MaxGap)
            return 0;
        var ended = run;
        run = 0;
        gap = 0;
        return ended;
    }
}
