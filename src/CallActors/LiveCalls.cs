using System.Collections.Concurrent;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors;

/// <summary>The calls whose media lives on this node, for metrics and for the drain. Written by the call actors.</summary>
public sealed class LiveCalls
{
    private readonly ConcurrentDictionary<CallId, MediaSession> _calls = new();
    private readonly ConcurrentDictionary<CallId, byte> _leaving = new();
    private volatile Action<LiveCallChange>? _tell;
    private volatile bool _takesUp;

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

    /// <summary>Calls that left this node to be taken up elsewhere, and have not begun there yet, as far as is known.</summary>
    public IReadOnlyCollection<CallId> Leaving => [.. _leaving.Keys];

    /// <summary>
    /// Calls of a node that died are being taken up. Each needs a home for its shard, and homes are given one after the other:
    /// who wants one for later waits.
    /// </summary>
    internal bool TakesUp
    {
        get => _takesUp;
        set => _takesUp = value;
    }

    internal void Add(CallId call, MediaSession session)
    {
        _calls[call] = session;
        _leaving.TryRemove(call, out _);
        _tell?.Invoke(new LiveCallChange(call, LiveCallChangeKind.Begun));
    }

    /// <param name="isOver">
    /// The call has ended, or is another node's already. False: it is to be taken up, here or elsewhere.
    /// </param>
    internal void Remove(CallId call, bool isOver)
    {
        if (!_calls.TryRemove(call, out _))
        {
            return;
        }
        if (isOver || _tell is null)
        {
            _tell?.Invoke(new LiveCallChange(call, LiveCallChangeKind.Ended));
            return;
        }
        _leaving[call] = 0;
        _tell.Invoke(new LiveCallChange(call, LiveCallChangeKind.Left));
    }

    /// <summary>Whoever is to hear of every change from now on; the calls that live already are told as begun.</summary>
    internal void Watch(Action<LiveCallChange> tell)
    {
        _tell = tell;
        foreach (var call in Ids)
        {
            tell(new LiveCallChange(call, LiveCallChangeKind.Begun));
        }
    }

    /// <summary>These live somewhere again, or are over.</summary>
    internal void MarkTakenUp(IReadOnlyList<CallId> calls)
    {
        foreach (var call in calls)
        {
            _leaving.TryRemove(call, out _);
        }
    }
}

internal enum LiveCallChangeKind
{
    Begun,
    Ended,
    Left,
}

/// <summary>What became of a call on this node.</summary>
internal sealed record LiveCallChange(CallId Call, LiveCallChangeKind Kind);
