namespace OCPlatform.Media.Dsp;

/// <summary>Bounds of an <see cref="AudioMixer"/>.</summary>
public sealed record AudioMixerOptions
{
    /// <summary>Parties at once, up to 256.</summary>
    public int MaxParties { get; init; } = 64;

    /// <summary>At most this many are mixed, the loudest ones; 0: all, 16 at most. It keeps the noise of many lines out.</summary>
    public int MaxSpeakers { get; init; }
}

/// <summary>
/// Mixes a conference in frames of 20 ms: each party hears all but itself. Parties have 8 or 16 kHz each. Sums of any size
/// are limited softly. Work grows in a straight line with the parties: one total, from which each party's own is taken; and
/// the parties of both rates share two conversions. Sans-IO: between two frames parties join and leave, write what they
/// say, then <see cref="Mix"/>, then each one's <see cref="MixerParty.Heard"/> is sent. For one thread at a time; a mix
/// allocates nothing.
/// </summary>
/// <remarks>About 6 kB, and 0.8 kB per party of 8 kHz, 1.5 kB per party of 16 kHz.</remarks>
public sealed class AudioMixer
{
    // Quieter than this nobody takes the place of a speaker: −60 dBFS.
    private const float MinLevel = PcmPower.FullScale * 1e-6f;

    // A newcomer must be 3 dB louder to displace one who is speaking, so that places do not flutter.
    private const float HoldBonus = 2;

    private const int SpeakersLimit = 16;
    private const int PartiesLimit = 256;

    private readonly AudioMixerOptions _options;
    private readonly List<MixerParty> _parties;
    private readonly MixerBus _narrow = new(8000);
    private readonly MixerBus _wide = new(16000);

    /// <exception cref="ArgumentOutOfRangeException">More parties or speakers than the options allow.</exception>
    public AudioMixer(AudioMixerOptions? options = null)
    {
        _options = options ?? new AudioMixerOptions();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxParties, PartiesLimit, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxSpeakers, SpeakersLimit, nameof(options));
        _parties = new List<MixerParty>(Math.Min(_options.MaxParties, 8));
    }

    /// <summary>In the order they joined; one that has left is among them until the next mix.</summary>
    public IReadOnlyList<MixerParty> Parties => _parties;

    /// <summary>A new party, heard and hearing from the next mix on; null when the conference is full.</summary>
    /// <param name="sampleRateHz">8000 or 16000 Hz.</param>
    public MixerParty? Join(int sampleRateHz)
    {
        var bus = sampleRateHz switch
        {
            8000 => _narrow,
            16000 => _wide,
            _ => throw new ArgumentOutOfRangeException(nameof(sampleRateHz), sampleRateHz, "8000 or 16000 Hz."),
        };
        if (_parties.Count >= _options.MaxParties)
            return null;
        var party = new MixerParty(bus);
        bus.Parties++;
        _parties.Add(party);
        return party;
    }

    /// <summary>Takes a party out: its sound fades with the next mix, and it hears no more.</summary>
    public void Leave(MixerParty party) => party.Left = true;

    /// <summary>Mixes 20 ms.</summary>
    public void Mix()
    {
        ChooseSpeakers();
        _narrow.Clear();
        _wide.Clear();
        foreach (var party in _parties)
            party.Speak();
        MixerBus.Join(_narrow, _wide);
        _narrow.Finish();
        _wide.Finish();
        foreach (var party in _parties)
            party.Listen();
        RemoveThoseWhoLeft();
    }

    private void ChooseSpeakers()
    {
        foreach (var party in _parties)
            party.Measure();
        if (_options.MaxSpeakers == 0 || _parties.Count <= _options.MaxSpeakers)
        {
            foreach (var party in _parties)
                party.IsSpeaking = true;
            return;
        }

        // The loudest so far, in order; most parties fail the comparison with the last of them.
        Span<int> loudest = stackalloc int[SpeakersLimit];
        var chosen = 0;
        for (var i = 0; i < _parties.Count; i++)
        {
            var weight = Weight(i);
            if (weight <= 0 || chosen == _options.MaxSpeakers && weight <= Weight(loudest[chosen - 1]))
                continue;
            var place = chosen < _options.MaxSpeakers ? chosen++ : chosen - 1;
            for (; place > 0 && weight > Weight(loudest[place - 1]); place--)
                loudest[place] = loudest[place - 1];
            loudest[place] = i;
        }

        for (var i = 0; i < _parties.Count; i++)
            _parties[i].IsSpeaking = loudest[..chosen].Contains(i);
    }

    private float Weight(int index)
    {
        var party = _parties[index];
        if (party.Muted || party.Left || party.Level < MinLevel)
            return 0;
        return party.IsSpeaking ? party.Level * HoldBonus : party.Level;
    }

    private void RemoveThoseWhoLeft()
    {
        for (var i = _parties.Count - 1; i >= 0; i--)
        {
            if (!_parties[i].Left)
                continue;
            (_parties[i].SampleRateHz == 8000 ? _narrow : _wide).Parties--;
            _parties.RemoveAt(i);
        }
    }
}
