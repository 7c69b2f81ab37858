namespace OCPlatform.Media.Rtp;

/// <summary>
/// When an RTCP report is due (RFC 3550 §6.3): intervals of 0.5–1.5 times the mean, half of it before the first report,
/// longer where reports would take more than their share of the bandwidth, and reconsidered when they run out. Between two
/// parties the number of members never decides.
/// </summary>
/// <param name="intervalSeconds">Mean time between reports; 0: never.</param>
/// <param name="seed">Spreads the intervals.</param>
internal struct RtcpTimer(int intervalSeconds, ulong seed)
{
    // Reconsideration lets intervals end too early on the average, by this factor (e − 3/2; §6.3.1).
    private const double Compensation = 1.21828;

    // 5 % (§6.2) of a 64 kbit/s stream with its headers, in bytes/s.
    private const double RtcpBandwidth = 500;
    private const int Members = 2;

    // UDP and IPv4 headers count (§6.2).
    private const int PacketOverhead = 28;

    private ulong _random = seed | 1;
    private double _averageBytes = 120;
    private long _lastNs;
    private long _nextNs;
    private bool _initial = true;

    public bool IsDue(long nowNs)
    {
        if (intervalSeconds == 0)
            return false;
        if (_nextNs == 0)
        {
            _lastNs = nowNs;
            _nextNs = nowNs + DrawNs();
            return false;
        }

        if (nowNs < _nextNs)
            return false;
        // Timer reconsideration (§6.3.6): drawn anew; still in the future means not yet.
        _nextNs = _lastNs + DrawNs();
        if (_nextNs > nowNs)
            return false;
        _lastNs = nowNs;
        _initial = false;
        _nextNs = nowNs + DrawNs();
        return true;
    }

    public void Sent(int bytes) => Average(bytes);

    public void Received(int bytes) => Average(bytes);

    private void Average(int bytes) => _averageBytes += (bytes + PacketOverhead - _averageBytes) / 16;

    private long DrawNs()
    {
        var seconds = Math.Max(
            _initial ? intervalSeconds / 2.0 : intervalSeconds,
            Members * _averageBytes / RtcpBandwidth
        );
        return (long)(seconds * 1e9 * (0.5 + Uniform()) / Compensation);
    }

    /// <summary>0–1, by xorshift64*.</summary>
    private double Uniform()
    {
        _random ^= _random >> 12;
        _random ^= _random << 25;
        _random ^= _random >> 27;
        return (_random * 0x2545F4914F6CDD1D >> 11) / (double)(1UL << 53);
    }
}
