namespace OCPlatform.Media.Quality;

/// <summary>
/// Tells bursts of loss from scattered loss (RFC 3611 §4.7.2) in a stream of packets taken in sequence order. A burst
/// begins and ends with a packet that was lost or came too late to be played, with fewer than <see cref="Gmin"/> good ones
/// between any two of them; a single one among good ones belongs to the gap around it. 88 bytes; allocates nothing.
/// </summary>
public struct BurstMeter
{
    /// <summary>
    /// As RFC 3611 recommends: a gap loses at most one packet in 17, which concealment hides. Reported in XR blocks.
    /// </summary>
    public const int Gmin = 16;

    private long _received;
    private long _lost;
    private long _discarded;
    private long _gapPackets;
    private long _burstPackets;
    private int _bursts;
    private int _burstMissing;
    private int _gaps;
    private int _gapMissing;
    private int _runs;
    private int _longestRun;
    private bool _inGap;

    // The stretch that may become a burst: from its first missing packet to its last one so far.
    private int _openPackets;
    private int _openMissing;

    // Good packets since the last missing one (or since the beginning), and missing ones since the last good one.
    private int _goodRun;
    private int _missingRun;

    /// <summary>The next packet of the sequence was there in time.</summary>
    public void OnReceived()
    {
        _received++;
        _goodRun++;
        _missingRun = 0;
    }

    /// <summary>The next packet of the sequence never came.</summary>
    public void OnLost()
    {
        _lost++;
        OnMissing();
    }

    /// <summary>The next packet of the sequence came, but too late (or too early) to be played.</summary>
    public void OnDiscarded()
    {
        _discarded++;
        OnMissing();
    }

    /// <summary>What has been seen so far; a stretch still open counts as if the stream ended here.</summary>
    public readonly BurstMetrics Metrics
    {
        get
        {
            var ended = this;
            ended.CloseStretch();
            ended.AddToGap(_goodRun, 0);
            return new BurstMetrics
            {
                Received = _received,
                Lost = _lost,
                Discarded = _discarded,
                Bursts = ended._bursts,
                BurstPackets = ended._burstPackets,
                BurstMissing = ended._burstMissing,
                Gaps = ended._gaps,
                GapPackets = ended._gapPackets,
                GapMissing = ended._gapMissing,
                MissingRuns = _runs,
                LongestMissingRun = _longestRun,
            };
        }
    }

    private void OnMissing()
    {
        if (_openMissing == 0 || _goodRun >= Gmin)
        {
            CloseStretch();
            AddToGap(_goodRun, 0);
        }
        else
        {
            _openPackets += _goodRun;
        }

        _openPackets++;
        _openMissing++;
        _goodRun = 0;
        if (_missingRun++ == 0)
            _runs++;
        _longestRun = Math.Max(_longestRun, _missingRun);
    }

    private void CloseStretch()
    {
        if (_openMissing == 1)
        {
            AddToGap(1, 1);
        }
        else if (_openMissing > 1)
        {
            _bursts++;
            _burstPackets += _openPackets;
            _burstMissing += _openMissing;
            _inGap = false;
        }

        _openPackets = 0;
        _openMissing = 0;
    }

    private void AddToGap(int packets, int missing)
    {
        if (packets == 0)
            return;
        if (!_inGap)
            _gaps++;
        _inGap = true;
        _gapPackets += packets;
        _gapMissing += missing;
    }
}

/// <summary>What a <see cref="BurstMeter"/> has seen. "Missing" is lost or discarded; shares are 0–1.</summary>
public readonly record struct BurstMetrics
{
    public long Received { get; init; }
    public long Lost { get; init; }
    public long Discarded { get; init; }

    public int Bursts { get; init; }

    /// <summary>Packets within bursts, the good ones among them included.</summary>
    public long BurstPackets { get; init; }
    public int BurstMissing { get; init; }

    /// <summary>Stretches between bursts, and before the first and after the last one.</summary>
    public int Gaps { get; init; }
    public long GapPackets { get; init; }
    public int GapMissing { get; init; }

    /// <summary>Times that one or more packets were missing in a row, and the most there were.</summary>
    public int MissingRuns { get; init; }
    public int LongestMissingRun { get; init; }

    public long Expected => Received + Lost + Discarded;
    public double LossShare => Share(Lost, Expected);
    public double DiscardShare => Share(Discarded, Expected);

    /// <summary>Ppl of the E-model: what could not be played.</summary>
    public double MissingShare => Share(Lost + Discarded, Expected);

    /// <summary>Share of packets missing within bursts, and within gaps (RFC 3611 §4.7.2).</summary>
    public double BurstDensity => Share(BurstMissing, BurstPackets);
    public double GapDensity => Share(GapMissing, GapPackets);

    /// <summary>Mean length in packets; times the packet's ms it is the burst (gap) duration of RFC 3611 §4.7.2.</summary>
    public double MeanBurstPackets => Bursts == 0 ? 0 : (double)BurstPackets / Bursts;
    public double MeanGapPackets => Gaps == 0 ? 0 : (double)GapPackets / Gaps;

    /// <summary>
    /// BurstR of ITU-T G.107 §7.4: the mean run of missing packets over the one that random loss of the same rate would
    /// give, 1/(1 − Ppl). 1 is random (or nothing missing), more is bursty.
    /// </summary>
    public double BurstRatio => MissingRuns == 0 ? 1 : (double)(Lost + Discarded) / MissingRuns * (1 - MissingShare);

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
