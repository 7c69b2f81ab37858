using System.Runtime.CompilerServices;
using System.Text;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Ice;

/// <summary>What a datagram brought about.</summary>
internal enum IceChange
{
    None,

    /// <summary>A source is proven for the first time; media goes where it went before.</summary>
    Validated,

    /// <summary><see cref="IceLite.Destination"/> is another one.</summary>
    Selected,
}

/// <param name="ResponseBytes">What to send back to the datagram's source; 0: nothing.</param>
internal readonly record struct IceOutcome(int ResponseBytes, IceChange Change);

/// <summary>
/// The lite side of ICE for one component (RFC 8445 §2.5): it has one host candidate, sends no checks, and answers those of
/// the peer, which controls. Sans-IO; one per pair of credentials, so that an ICE restart is a new one. Who does not know
/// the password changes nothing.
/// <list type="bullet">
/// <item>A source is valid when a check from it was authenticated.</item>
/// <item>Media goes to the nominated source (USE-CANDIDATE): of several the one of highest priority, of equals the latest,
/// since that is the same candidate behind a rebound NAT. A lower one takes over when the selected source has fallen
/// silent, because peers that nominate every check move that way. Before any nomination it is the best valid source
/// (§12.1.1).</item>
/// <item>Authenticated checks are consent (RFC 7675): without one from the destination for 30 s, sending must stop. Media
/// that was accepted counts as one (<see cref="OnMedia"/>): peers that are not browsers check once and then only talk.</item>
/// <item>Integrity covers neither the source address nor the time. So a check that was taken before changes nothing, wherever it
/// comes from: it neither turns the media to whoever recorded it, nor keeps the consent of a peer that has gone. A
/// retransmission is answered again (RFC 8489 §6.3.1), as long as its source is known. After <see cref="SeenChecks.Most"/>
/// checks (4 to 8 hours) no more can be told from replays: the destination stays where it is until the peer restarts
/// ICE, and its checks still count as its consent.</item>
/// </list>
/// </summary>
internal sealed class IceLite
{
    /// <summary>Room for any response.</summary>
    public const int MaxResponseBytes = 128;

    /// <summary>RFC 7675 §5.1.</summary>
    public const long ConsentNs = 30_000_000_000;

    // Peers check a working path every 2.5 s (libwebrtc) to 5 s (RFC 7675): two missed ones.
    private const long SilentNs = 6_000_000_000;

    // Answers to strangers, so that a flood costs no sending: a burst, then one every 200 ms.
    private const int StrangerBurst = 10;
    private const long StrangerNs = 200_000_000;

    private const int MaxUnknown = 4;

    private readonly byte[] _username;
    private readonly byte[] _password;
    private readonly bool _anyPeer;
    private Sources _sources;
    private SeenChecks _seen;
    private int _selected = -1;
    private bool _isNominated;
    private long _checkedNs;
    private long _strangersNs;

    /// <param name="credentials">With an empty remote fragment any is taken: checks may overtake the answer that names it.</param>
    /// <param name="nowNs">Consent is counted from here on.</param>
    public IceLite(IceCredentials credentials, long nowNs)
    {
        _username = Encoding.ASCII.GetBytes($"{credentials.LocalUfrag}:{credentials.RemoteUfrag}");
        _password = Encoding.ASCII.GetBytes(credentials.LocalPassword);
        _anyPeer = credentials.RemoteUfrag.Length == 0;
        _checkedNs = nowNs;
        _strangersNs = nowNs - StrangerBurst * StrangerNs;
    }

    /// <summary>Other credentials are a restart (RFC 8445 §9): what was proven counts no more.</summary>
    public static bool IsRestart(IceCredentials? before, IceCredentials? now) =>
        before?.LocalUfrag != now?.LocalUfrag || before?.RemoteUfrag != now?.RemoteUfrag;

    /// <summary>Where media and DTLS go; none before the first authenticated check.</summary>
    public PeerAddress Destination => _selected < 0 ? default : _sources[_selected].Address;

    /// <summary>When the destination last proved itself; before that, when this agent was made.</summary>
    public long LastCheckNs => _selected < 0 ? _checkedNs : _sources[_selected].CheckedNs;

    /// <summary>Checks that were accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>Datagrams that changed nothing.</summary>
    public long Refused { get; private set; }

    /// <summary>Whether sending must stop (RFC 7675 §5.1).</summary>
    public bool IsConsentLost(long nowNs) => nowNs - LastCheckNs >= ConsentNs;

    /// <summary>Whether media and DTLS from there are the peer's (RFC 8445 §12.2: any valid source may send).</summary>
    public bool IsValid(in PeerAddress source, long nowNs)
    {
        if (_selected >= 0 && _sources[_selected].Address == source)
            return true;
        var index = Find(source);
        return index >= 0 && nowNs - _sources[index].CheckedNs < ConsentNs;
    }

    /// <summary>
    /// Media from a valid source: it is alive, and wants to be sent to. Who could send it in another's name could as well
    /// have sent it before; of what no key protects only the selected source's counts.
    /// </summary>
    /// <param name="authenticated">By SRTP.</param>
    public void OnMedia(in PeerAddress source, bool authenticated, long nowNs)
    {
        var index =
            _selected >= 0 && _sources[_selected].Address == source ? _selected
            : authenticated ? Find(source)
            : -1;
        if (index >= 0 && nowNs > _sources[index].CheckedNs)
            _sources[index].CheckedNs = nowNs;
    }

    /// <summary>Takes a datagram whose first byte is 0 to 3 (RFC 7983).</summary>
    /// <param name="response">At least <see cref="MaxResponseBytes"/>.</param>
    public IceOutcome OnDatagram(ReadOnlySpan<byte> datagram, in PeerAddress source, long nowNs, Span<byte> response)
    {
        // Without FINGERPRINT it is no check (RFC 8445 §7.1); we send no requests, so that no response is ours.
        if (
            !StunMessage.TryParse(datagram, out var check)
            || check.Class != StunClass.Request
            || check.Method != StunMessage.Binding
            || !check.HasValidFingerprint()
        )
            return Refuse(0);

        // RFC 8489 §9.1.3, then §6.3.1.
        if (!check.HasUsername || !check.HasIntegrity)
            return Refuse(AnswerStranger(check, 400, nowNs, response));
        if (!IsForUs(check.Username) || !check.HasIntegrityOf(_password))
            return Refuse(AnswerStranger(check, 401, nowNs, response));
        if (check.HasUnknownRequired)
            return Refuse(AnswerUnknown(check, response));

        // RFC 8445 §7.3.1.1: a lite agent is always the controlled one, so that the peer has to change its role.
        if (check.IceControlled is not null)
            return Refuse(Answer(check, 487, "Role Conflict"u8, response));
        var change = IceChange.None;
        if (_seen.TryAdd(check.TransactionId) || (source == Destination && !_seen.Contains(check.TransactionId)))
        {
            Accepted++;
            change = Note(source, check.Priority ?? 0, check.UseCandidate, nowNs);
        }
        else if (Find(source) < 0)
        {
            return Refuse(0);
        }

        var writer = new StunWriter(response, StunClass.Success, StunMessage.Binding, check.TransactionId);
        writer.AddMappedAddress(source);
        writer.AddIntegrity(_password);
        writer.AddFingerprint();
        return new IceOutcome(writer.Length, change);
    }

    private IceOutcome Refuse(int responseBytes)
    {
        Refused++;
        return new IceOutcome(responseBytes, IceChange.None);
    }

    private bool IsForUs(ReadOnlySpan<byte> username) =>
        _anyPeer ? username.StartsWith(_username) : username.SequenceEqual(_username);

    private IceChange Note(in PeerAddress source, uint priority, bool nominates, long nowNs)
    {
        var index = Find(source);
        var isNew = index < 0;
        if (isNew)
            index = Make(source);
        ref var it = ref _sources[index];
        // A consent check need not say a priority (RFC 7675 §5.1).
        if (priority != 0)
            it.Priority = priority;
        it.CheckedNs = nowNs;
        if (index == _selected)
        {
            _isNominated |= nominates;
            return IceChange.None;
        }

        if (!Outranks(it, nominates, nowNs))
            return isNew ? IceChange.Validated : IceChange.None;
        _selected = index;
        _isNominated = nominates;
        return IceChange.Selected;
    }

    private bool Outranks(in Source candidate, bool nominates, long nowNs)
    {
        if (_selected < 0)
            return true;
        var selected = _sources[_selected];
        var silentNs = nowNs - selected.CheckedNs;
        if (silentNs >= ConsentNs)
            return true;
        if (nominates)
            return !_isNominated || candidate.Priority >= selected.Priority || silentNs >= SilentNs;
        return !_isNominated && candidate.Priority > selected.Priority;
    }

    private int Find(in PeerAddress source)
    {
        for (var i = 0; i < Sources.Count; i++)
        {
            if (_sources[i].Address == source)
                return i;
        }

        return -1;
    }

    /// <summary>A free place, or that of the source heard longest ago.</summary>
    private int Make(in PeerAddress source)
    {
        var oldest = -1;
        for (var i = 0; i < Sources.Count; i++)
        {
            if (i == _selected)
                continue;
            if (_sources[i].Address.IsNone)
            {
                oldest = i;
                break;
            }

            if (oldest < 0 || _sources[i].CheckedNs < _sources[oldest].CheckedNs)
                oldest = i;
        }

        _sources[oldest] = new Source { Address = source };
        return oldest;
    }

    private int AnswerStranger(in StunMessage check, int code, long nowNs, Span<byte> response)
    {
        var earliest = Math.Max(_strangersNs, nowNs - StrangerBurst * StrangerNs) + StrangerNs;
        if (earliest > nowNs)
            return 0;
        _strangersNs = earliest;
        // Neither reason nor software: the answer is no longer than the least request with a fingerprint and a username.
        var writer = new StunWriter(response, StunClass.Error, StunMessage.Binding, check.TransactionId);
        writer.AddErrorCode(code, default);
        writer.AddFingerprint();
        return writer.Length;
    }

    private int Answer(in StunMessage check, int code, ReadOnlySpan<byte> reason, Span<byte> response)
    {
        var writer = new StunWriter(response, StunClass.Error, StunMessage.Binding, check.TransactionId);
        writer.AddErrorCode(code, reason);
        writer.AddIntegrity(_password);
        writer.AddFingerprint();
        return writer.Length;
    }

    private int AnswerUnknown(in StunMessage check, Span<byte> response)
    {
        Span<ushort> unknown = stackalloc ushort[MaxUnknown];
        var writer = new StunWriter(response, StunClass.Error, StunMessage.Binding, check.TransactionId);
        writer.AddErrorCode(420, "Unknown Attribute"u8);
        writer.AddUnknownAttributes(unknown[..check.CopyUnknownRequired(unknown)]);
        writer.AddIntegrity(_password);
        writer.AddFingerprint();
        return writer.Length;
    }

    private struct Source
    {
        public PeerAddress Address;
        public long CheckedNs;
        public uint Priority;
    }

    /// <summary>A peer has few addresses that reach us: interfaces times address families, and a NAT that changes its mind.</summary>
    [InlineArray(Count)]
    private struct Sources
    {
        public const int Count = 6;
        private Source _first;
    }
}
