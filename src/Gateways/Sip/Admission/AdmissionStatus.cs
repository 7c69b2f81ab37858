using System.Collections.Concurrent;
using OCPlatform.Contracts.Nodes;

namespace OCPlatform.Gateways.Sip;

/// <summary>What the door did since the start, and what it is doing. Written by the gateway, read by anyone.</summary>
public sealed class AdmissionStatus
{
    private readonly ConcurrentDictionary<AdmissionReason, long> _invites = new();
    private readonly ConcurrentDictionary<AdmissionReason, long> _others = new();
    private readonly ConcurrentDictionary<AdmissionReason, long> _silenced = new();
    private volatile Func<IReadOnlyList<SipBan>>? _bans;
    private volatile OverloadState _overload = new(0, null, default);
    private long _bansBegun;

    private sealed record OverloadState(double Level, string? Cause, NodeLoad Load);

    /// <summary>The node is being stopped and takes no new calls.</summary>
    public bool IsDraining { get; internal set; }

    /// <summary>INVITEs refused, by reason.</summary>
    public IReadOnlyDictionary<AdmissionReason, long> RefusedInvites => _invites;

    /// <summary>Other requests refused, by reason.</summary>
    public IReadOnlyDictionary<AdmissionReason, long> RefusedOthers => _others;

    /// <summary>Messages that got no answer, by reason.</summary>
    public IReadOnlyDictionary<AdmissionReason, long> Silenced => _silenced;

    /// <summary>Bans since the start.</summary>
    public long BansBegun => Interlocked.Read(ref _bansBegun);

    /// <summary>Bans that hold now, the busiest first.</summary>
    public IReadOnlyList<SipBan> Bans => _bans?.Invoke() ?? [];

    /// <summary>Share of new calls turned away for load, 0 to 1.</summary>
    public double OverloadLevel => _overload.Level;

    /// <summary>What is too much; null when nothing is.</summary>
    public string? OverloadCause => _overload.Cause;

    /// <summary>The load last measured.</summary>
    public NodeLoad Load => _overload.Load;

    internal void ShowBans(Func<IReadOnlyList<SipBan>> bans) => _bans = bans;

    internal void CountRefused(AdmissionReason reason, bool isInvite) =>
        (isInvite ? _invites : _others).AddOrUpdate(reason, 1, static (_, count) => count + 1);

    internal void CountSilenced(AdmissionReason reason) =>
        _silenced.AddOrUpdate(reason, 1, static (_, count) => count + 1);

    internal void CountBan() => Interlocked.Increment(ref _bansBegun);

    internal void Overload(double level, string? cause, NodeLoad load) =>
        _overload = new OverloadState(level, cause, load);
}
