using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace OCPlatform.Host.Membership;

/// <summary>The members of one actor system's cluster whose process is known to be gone.</summary>
public sealed class CrashProofs
{
    // Akka makes failure detectors by itself and gives them nothing of ours but the system's event stream.
    private static readonly ConditionalWeakTable<EventStream, CrashProofs> OfSystem = [];

    private readonly ConcurrentDictionary<string, byte> _gone = new();

    /// <summary>Those of the actor system that this event stream belongs to.</summary>
    public static CrashProofs Of(EventStream stream) => OfSystem.GetValue(stream, _ => new CrashProofs());

    /// <param name="address">Of the member, as Akka writes it.</param>
    public bool Has(string? address) => address is not null && _gone.ContainsKey(address);

    public void Add(string address) => _gone[address] = 0;

    /// <summary>The member is removed: another process may take its address.</summary>
    public void Remove(string address) => _gone.TryRemove(address, out _);
}

/// <summary>
/// Akka's phi accrual failure detector, which also takes a proof: a member whose process is gone is not available,
/// however recent its last heartbeat. Without this a member that was downed on proof would be removed only after the
/// heartbeats were missed, since removal waits for the failure detector.
/// </summary>
public sealed class ProvenFailureDetector(Config config, EventStream stream) : PhiAccrualFailureDetector(config, stream)
{
    private readonly CrashProofs _proofs = CrashProofs.Of(stream);

    public override bool IsAvailable => !_proofs.Has(Address) && base.IsAvailable;
}
