using System.Collections.Concurrent;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors;

/// <summary>The calls whose media lives on this node, for metrics and for the drain. Written by the call actors.</summary>
public sealed class LiveCalls
{
    private readonly ConcurrentDictionary<CallId, MediaSession> _calls = new();

    public int Count => _calls.Count;

    public IReadOnlyCollection<CallId> Ids => [.. _calls.Keys];

    /// <summary>Media counters of the live calls.</summary>
    public IReadOnlyCollection<MediaStats> Stats => [.. _calls.Values.Select(session => session.Stats)];

    /// <summary>Mean listening quality (MOS) of the live calls at this moment, by direction; null where nothing is known.</summary>
    public (double? Inbound, double? Outbound) Mos
    {
        get
        {
            var (inbound, outbound) = (new List<double>(), new List<double>());
            foreach (var session in _calls.Values)
            {
                var quality = session.Quality;
                if (quality.Inbound is { } heard)
                {
                    inbound.Add(heard.MosLq);
                }
                if (quality.Outbound is { } sent)
                {
                    outbound.Add(sent.MosLq);
                }
            }
            return (inbound.Count == 0 ? null : inbound.Average(), outbound.Count == 0 ? null : outbound.Average());
        }
    }

    internal void Add(CallId call, MediaSession session) => _calls[call] = session;

    internal void Remove(CallId call) => _calls.TryRemove(call, out _);
}
