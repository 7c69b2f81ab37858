using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;

namespace OCPlatform.Host.Membership;

/// <summary>
/// What is known of the members of one actor system's cluster: whose process is gone, and how long those that live were
/// silent.
/// </summary>
public sealed class CrashProofs
{
    // Akka makes failure detectors by itself and gives them nothing of ours but the system's event stream.
    private static readonly ConditionalWeakTable<EventStream, CrashProofs> OfSystem = [];

    private readonly ConcurrentDictionary<string, byte> _gone = new();
    private long _longestSilenceTicks;

    /// <summary>Those of the actor system that this event stream belongs to.</summary>
    public static CrashProofs Of(EventStream stream) => OfSystem.GetValue(stream, _ => new CrashProofs());

    /// <param name="address">Of the member, as Akka writes it.</param>
    public bool Has(string? address) => address is not null && _gone.ContainsKey(address);

    public void Add(string address) => _gone[address] = 0;

    /// <summary>The longest that a member which was heard again had been silent for, since this was last asked.</summary>
    public TimeSpan TakeLongestSilence() => TimeSpan.FromTicks(Interlocked.Exchange(ref _longestSilenceTicks, 0));

    internal void NoteSilence(TimeSpan silence)
    {
        var longest = Volatile.Read(ref _longestSilenceTicks);
        while (
            silence.Ticks > longest
            && Interlocked.CompareExchange(ref _longestSilenceTicks, silence.Ticks, longest) is var seen
            && seen != longest
        )
        {
            longest = seen;
        }
    }

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
    private long _lastHeartbeat;

    public override bool IsAvailable => !_proofs.Has(Address) && base.IsAvailable;

    public override void HeartBeat()
    {
        var now = Stopwatch.GetTimestamp();
        var last = Interlocked.Exchange(ref _lastHeartbeat, now);
        if (last != 0)
        {
            _proofs.NoteSilence(Stopwatch.GetElapsedTime(last, now));
        }
        base.HeartBeat();
    }
}
