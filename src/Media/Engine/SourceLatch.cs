namespace OCPlatform.Media.Engine;

/// <summary>
/// Symmetric RTP: which source a session listens to, and where it sends. SDP names an address; behind a NAT packets come
/// from another. Sans-IO.
/// <list type="bullet">
/// <item>The signalled address wins at once.</item>
/// <item>After a change of party the former source, which may go on sending for a while, cannot latch again for 3 s, unless
/// it is the one that is signalled.</item>
/// <item>Another source latches with two packets in sequence while nobody has latched; for a window of packets after that
/// the signalled address still takes over.</item>
/// <item>Then it is closed: packets from elsewhere are dropped, whatever they claim to be. Only the same stream (SSRC, the
/// next sequence numbers) may reappear from a new address after a second of silence: a NAT has rebound.</item>
/// </list>
/// </summary>
internal struct SourceLatch(int window)
{
    private const long RebindAfterNs = 1_000_000_000;
    private const int RebindWithin = 3000;

    // A party that was transferred away stops within a round trip and a retransmission or two of its BYE or re-INVITE.
    private const long FormerNs = 3_000_000_000;

    private PeerAddress _signalled;
    private PeerAddress _proven;
    private PeerAddress _latched;
    private bool _isLatched;
    private int _left;
    private uint _ssrc;
    private ushort _sequence;
    private long _lastNs;
    private PeerAddress _candidate;
    private uint _candidateSsrc;
    private ushort _candidateNext;
    private PeerAddress _former;
    private long _formerUntilNs;

    /// <summary>Where to send: the latched source, before that the proven or the signalled address.</summary>
    public readonly PeerAddress Destination =>
        _isLatched ? _latched
        : _proven.IsNone ? _signalled
        : _proven;

    public readonly bool IsLatched => _isLatched;

    /// <summary>It sends from another address than it signalled.</summary>
    public readonly bool IsElsewhere => Destination != _signalled;

    /// <summary>Only a rebound NAT or a new agreement changes the source from here on.</summary>
    public readonly bool IsSettled => _isLatched && _left == 0;

    /// <summary>When the last packet of the source came.</summary>
    public readonly long LastNs => _lastNs;

    /// <summary>A new agreement. The same address as before changes nothing; another one opens the latch again.</summary>
    public void Signal(in PeerAddress signalled, long nowNs)
    {
        // c=0.0.0.0 is a hold, not an address.
        if (signalled == _signalled || (signalled.IsNone && _isLatched))
            return;
        if (!Destination.IsNone)
            (_former, _formerUntilNs) = (Destination, nowNs + FormerNs);
        _signalled = signalled;
        _proven = default;
        _isLatched = false;
        _candidate = default;
    }

    /// <summary>Encryption has shown that the peer is there: until it latches, that is where to send.</summary>
    public void Prove(in PeerAddress source) => _proven = source;

    /// <summary>Whether a packet from this source is the session's.</summary>
    public bool Accept(in PeerAddress source, uint ssrc, ushort sequence, long nowNs)
    {
        if (_isLatched && source == _latched)
        {
            if (_left > 0)
                _left--;
            Note(ssrc, sequence, nowNs);
            return true;
        }

        if (source == _signalled && (!_isLatched || _left > 0))
        {
            Latch(source, 0);
            Note(ssrc, sequence, nowNs);
            return true;
        }

        if (_isLatched ? !MayHaveRebound(ssrc, sequence, nowNs) : source == _former && nowNs < _formerUntilNs)
            return false;
        if (source != _candidate || ssrc != _candidateSsrc || sequence != _candidateNext)
        {
            _candidate = source;
            _candidateSsrc = ssrc;
            _candidateNext = (ushort)(sequence + 1);
            return false;
        }

        Latch(source, _isLatched ? 0 : window);
        Note(ssrc, sequence, nowNs);
        return true;
    }

    private readonly bool MayHaveRebound(uint ssrc, ushort sequence, long nowNs) =>
        ssrc == _ssrc && nowNs - _lastNs >= RebindAfterNs && (ushort)(sequence - _sequence) is > 0 and < RebindWithin;

    private void Latch(in PeerAddress source, int left)
    {
        _latched = source;
        _isLatched = true;
        _left = left;
        _candidate = default;
    }

    private void Note(uint ssrc, ushort sequence, long nowNs)
    {
        _ssrc = ssrc;
        _sequence = sequence;
        _lastNs = nowNs;
    }
}
