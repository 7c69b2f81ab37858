using OCPlatform.Media.Dtls;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Engine;

/// <summary>
/// The encryption of one session: keys from the descriptions (SDES) or from a DTLS handshake over the media path. While
/// there are none nothing is sent or taken. On the clock thread.
/// </summary>
/// <remarks>
/// Contexts outlive re-INVITEs with the same keys, and come back with their counters when a key comes back: an index under
/// a key is never used twice.
/// </remarks>
internal sealed class MediaProtection(Func<DtlsHandshakes> dtls) : IDisposable
{
    // A peer that brings new keys with every re-INVITE fills no memory: beyond this nothing is sent or taken any more. None is
    // forgotten, since it could come back.
    private const int MostContexts = 32;

    // A phone that hangs up closes first and says BYE then; one that changes over sends an offer.
    private const long ClosedNs = 2_000_000_000;

    private readonly List<(SrtpKeys Keys, SrtpSender Sender)> _senders = [];
    private readonly List<(SrtpKeys Keys, SrtpReceiver Receiver)> _receivers = [];
    private MediaSecurity? _security;
    private DtlsAttempts? _attempts;
    private SrtpSender? _sender;
    private SrtpReceiver? _receiver;
    private long _closedNs;

    // In force last, also while there are none.
    private (SrtpSender? Sender, SrtpReceiver? Receiver) _last;

    /// <summary>Keys are in force both ways.</summary>
    public bool IsReady => _sender is not null;

    /// <summary>Grows whenever another pair of keys comes into force.</summary>
    public int KeyChanges { get; private set; }

    /// <summary>Packets that were not authentic, replayed, or came before there were keys.</summary>
    public long Refused { get; private set; }

    /// <summary>Takes over what an agreement says.</summary>
    public void Use(MediaSecurity security)
    {
        var before = _security;
        _security = security;
        if (security.Agreement == KeyAgreement.Sdes)
        {
            EndHandshake();
            Use(security.SendKeys, security.ReceiveKeys);
            return;
        }

        if (
            _attempts is { IsFailed: false, IsClosed: false }
            && before is not null
            && before.Role == security.Role
            && before.RemoteFingerprints.SequenceEqual(security.RemoteFingerprints)
        )
            return;
        // What was agreed on before holds until the new handshake has an end (RFC 8842 §5.5).
        EndHandshake();
        _attempts = new DtlsAttempts(dtls(), security.Role, security.RemoteFingerprints);
    }

    /// <summary>Once a tick: takes keys that a handshake has agreed on. True when there are new ones.</summary>
    /// <param name="source">Who has proven to be the peer; none: the address that was known already.</param>
    public bool TryTakeKeys(out PeerAddress source)
    {
        source = default;
        if (_attempts is not { } attempts || !attempts.TryTakeKeys(out var keys, out source))
            return false;
        Use(keys!.Send, keys.Receive);
        return true;
    }

    /// <summary>Once a tick: why there are no keys, or none any more; told once.</summary>
    public string? TakeFailure(long nowNs)
    {
        if (_attempts is not { } attempts)
            return null;
        if (!attempts.IsClosed)
            return attempts.TakeFailure();
        if (IsReady)
        {
            Use(null, null);
            _closedNs = nowNs;
        }

        if (_closedNs == 0 || nowNs - _closedNs < ClosedNs)
            return null;
        _closedNs = 0;
        return "the peer closed";
    }

    /// <summary>Opens a packet in place; false: drop it.</summary>
    /// <param name="length">Of the plain packet.</param>
    public bool TryUnprotect(Span<byte> packet, bool isRtcp, out int length)
    {
        length = 0;
        if (_receiver is { } receiver)
        {
            var verdict = isRtcp
                ? receiver.UnprotectRtcp(packet, out length)
                : receiver.UnprotectRtp(packet, out length);
            if (verdict == SrtpVerdict.Accepted)
                return true;
        }

        Refused++;
        return false;
    }

    /// <summary>Protects a packet in place; 0: it must not be sent.</summary>
    /// <param name="buffer">With room for <see cref="SrtpSender.MaxOverheadBytes"/> behind the packet.</param>
    public int Protect(Span<byte> buffer, int length, bool isRtcp) =>
        _sender is not { } sender ? 0
        : isRtcp ? sender.ProtectRtcp(buffer, length)
        : sender.ProtectRtp(buffer, length);

    /// <summary>The handshakes of a DTLS agreement, which take datagrams with a first byte of 20 to 63 (RFC 7983).</summary>
    public DtlsAttempts? Dtls => _attempts;

    /// <summary>We send nothing under this SSRC any more, and never will again.</summary>
    public void Retire(uint ssrc)
    {
        foreach (var (_, sender) in _senders)
            sender.Retire(ssrc);
    }

    /// <summary>The keys are wiped.</summary>
    public void Dispose()
    {
        EndHandshake();
        (_sender, _receiver) = (null, null);
        foreach (var (_, sender) in _senders)
            sender.Dispose();
        foreach (var (_, receiver) in _receivers)
            receiver.Dispose();
    }

    private void Use(SrtpKeys? send, SrtpKeys? receive)
    {
        (_sender, _receiver) = (null, null);
        // Null: a call that was restored, whose keys were never written down.
        if (send is null || receive is null)
            return;
        _sender = _senders.Find(s => s.Keys.Matches(send)).Sender;
        if (_sender is null && _senders.Count < MostContexts)
            _senders.Add((send, _sender = new SrtpSender(send)));
        _receiver = _receivers.Find(r => r.Keys.Matches(receive)).Receiver;
        if (_receiver is null && _receivers.Count < MostContexts)
            _receivers.Add((receive, _receiver = new SrtpReceiver(receive)));
        if (_receiver is { } receiver && receiver != _last.Receiver)
            receiver.Resume();
        if ((_sender, _receiver) == _last)
            return;
        _last = (_sender, _receiver);
        KeyChanges++;
    }

    private void EndHandshake()
    {
        _attempts?.Dispose();
        _attempts = null;
        _closedNs = 0;
    }
}
