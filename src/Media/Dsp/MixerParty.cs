namespace OCPlatform.Media.Dsp;

/// <summary>One party of an <see cref="AudioMixer"/>: what it says goes in, what it hears comes out, both at its own rate.</summary>
public sealed class MixerParty
{
    // 5 ms: long enough not to click, too short to swallow a consonant.
    private const int FadesPerSecond = 200;

    // About 3 dB in 60 ms: a level outlasts the gaps within a word.
    private const float LevelDecay = 0.8f;

    private readonly short[] _said;
    private readonly short[] _heard;
    private readonly MixerBus _bus;
    private SoftLimiter _limiter = new();
    private bool _written;
    private bool _hearsBus;
    private bool _hasHeard;
    private short _lastSaid;
    private bool _audible;

    internal MixerParty(MixerBus bus)
    {
        _bus = bus;
        _said = new short[bus.FrameSamples];
        _heard = new short[bus.FrameSamples];
    }

    /// <summary>8000 or 16000 Hz.</summary>
    public int SampleRateHz => _bus.SampleRateHz;

    /// <summary>Samples of 20 ms.</summary>
    public int FrameSamples => _bus.FrameSamples;

    /// <summary>While set it is not heard by others; it hears on.</summary>
    public bool Muted { get; set; }

    /// <summary>Among the ones that are mixed at present.</summary>
    public bool IsSpeaking { get; internal set; }

    /// <summary>All others' sound of the last <see cref="AudioMixer.Mix"/>: 20 ms, valid until the next.</summary>
    public ReadOnlySpan<short> Heard => _hearsBus ? _bus.Everyone : _heard;

    /// <summary>Power with a decay, for choosing the loudest.</summary>
    internal float Level { get; private set; }

    internal bool Left { get; set; }

    /// <summary>Its next 20 ms, of <see cref="FrameSamples"/>. A party that writes nothing before a mix is silent in it.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    public void Write(ReadOnlySpan<short> frame)
    {
        if (frame.Length != _said.Length)
            throw new ArgumentException($"A frame of this party has {_said.Length} samples.", nameof(frame));
        frame.CopyTo(_said);
        _written = true;
    }

    internal void Measure() => Level = MathF.Max(Level * LevelDecay, _written ? PcmPower.MeanSquare(_said) : 0);

    /// <summary>Adds what it says to its bus, with a short fade where that begins or ends.</summary>
    internal void Speak()
    {
        var wanted = _written && IsSpeaking && !Muted && !Left;
        if (!wanted && !_audible)
        {
            _written = false;
            return;
        }

        var fade = SampleRateHz / FadesPerSecond;
        if (!_written)
            EndOfLastSample(fade);
        else if (!wanted)
            FadeOut(fade);
        else if (!_audible)
            FadeIn(_said.AsSpan(0, fade));
        _lastSaid = _said[^1];
        _written = false;
        _audible = wanted;
        _bus.Add(_said);
        Spoke = true;
    }

    /// <summary>Its sound is in the bus's total of this frame.</summary>
    internal bool Spoke { get; set; }

    /// <summary>Makes what it hears out of the bus's total.</summary>
    internal void Listen()
    {
        // Whoever said nothing hears what all such hear. The limiters must agree, or the change of hands would click.
        _hearsBus = !Spoke && _hasHeard && _limiter.Gain == _bus.GainBefore;
        if (_hearsBus)
        {
            _limiter = _bus.Limiter;
        }
        else
        {
            _bus.Hear(Spoke ? _said : default, ref _limiter, _heard);
            if (!_hasHeard)
                FadeIn(_heard.AsSpan(0, SampleRateHz / FadesPerSecond));
        }

        _hasHeard = true;
        Spoke = false;
    }

    /// <summary>Sound that stops in mid-swing would click: its last sample runs out.</summary>
    private void EndOfLastSample(int fade)
    {
        _said.AsSpan().Clear();
        for (var i = 0; i < fade; i++)
            _said[i] = (short)(_lastSaid * (fade - 1 - i) / fade);
    }

    private void FadeOut(int fade)
    {
        for (var i = 0; i < fade; i++)
            _said[i] = (short)(_said[i] * (fade - 1 - i) / fade);
        _said.AsSpan(fade).Clear();
    }

    private static void FadeIn(Span<short> samples)
    {
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(samples[i] * (i + 1) / samples.Length);
    }
}
