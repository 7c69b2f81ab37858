using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Scenarios;

/// <summary>
/// A proxy that rings everyone at once (RFC 3261 §16): passes on provisional responses and every 2xx, the best refusal when there is nothing else,
/// and cancels who is left when one has answered. It does not record its route, so dialogs go past it. Its own Via stands alone downstream, since
/// the transaction layer is that of a user agent, which drops a response with more than one.
/// </summary>
internal sealed class ForkingProxy(IReadOnlyList<SipDestination> targets) : Core
{
    private readonly Dictionary<SipTransactionId, Fork> _forks = [];
    private readonly Dictionary<SipTransactionId, Fork> _branches = [];

    private sealed class Fork(SipTransactionId server, IReadOnlyList<string> vias)
    {
        public SipTransactionId Server => server;
        public IReadOnlyList<string> Vias => vias;
        public HashSet<SipTransactionId> Open { get; } = [];
        public SipResponse? Best { get; set; }
        public bool IsAnswered { get; set; }
    }

    public override bool IsProxy => true;

    public override Core Restore() => throw new NotSupportedException("Proxies do not crash here.");

    public override void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow)
    {
        if (id is not { } server)
        {
            return;
        }
        if (!request.IsInvite)
        {
            Host.Respond(server, SipResponse.Create(request, SipStatus.MethodNotAllowed, toTag: World.NewTag()));
            return;
        }
        var fork = _forks[server] = new Fork(server, request.Headers.Lines(SipHeaderId.Via));
        var branches = new List<(SipRequest Request, SipDestination Target)>();
        foreach (var target in targets)
        {
            var branch = request.Clone();
            branch.MaxForwards = 69;
            branch.Headers.Remove(SipHeaderId.Via);
            Host.AddVia(branch, target.Transport);
            var client = TransactionLayer.ClientIdOf(branch);
            _branches[client] = fork;
            fork.Open.Add(client);
            branches.Add((branch, target));
        }
        foreach (var (branch, target) in branches)
        {
            Host.Start(branch, target);
        }
    }

    public override void OnCancel(SipTransactionId invite, SipRequest cancel)
    {
        if (_forks.TryGetValue(invite, out var fork))
        {
            CancelOthers(fork);
        }
    }

    public override void OnResponse(SipTransactionId id, SipResponse response)
    {
        var fork = _branches[id];
        if (response.IsSuccess)
        {
            fork.Open.Remove(id);
            fork.IsAnswered = true;
            PassOn(fork, response);
            CancelOthers(fork);
        }
        else if (response.StatusCode is > 100 and < 200 && !fork.IsAnswered)
        {
            PassOn(fork, response);
        }
        else if (response.IsFinal)
        {
            fork.Best = Better(fork.Best, response);
            Close(fork, id);
        }
    }

    public override void OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        if (_branches.TryGetValue(id, out var fork) && fork.Open.Contains(id))
        {
            Close(fork, id);
        }
    }

    /// <summary>One branch came to nothing; the last of them decides.</summary>
    private void Close(Fork fork, SipTransactionId id)
    {
        fork.Open.Remove(id);
        if (fork.Open.Count == 0 && !fork.IsAnswered)
        {
            fork.IsAnswered = true;
            if (fork.Best is { } best)
            {
                PassOn(fork, best);
            }
        }
    }

    private void PassOn(Fork fork, SipResponse response)
    {
        var upstream = (SipResponse)SipParser.Parse(response.ToBytes());
        upstream.Headers.Remove(SipHeaderId.Via);
        foreach (var via in fork.Vias.Reverse())
        {
            upstream.Headers.AddFirst(SipHeaderId.Via, via);
        }
        Host.Respond(fork.Server, upstream);
    }

    private void CancelOthers(Fork fork)
    {
        foreach (var client in fork.Open)
        {
            Host.Cancel(client);
        }
    }

    /// <summary>6xx before all others, else the lowest (RFC 3261 §16.7).</summary>
    private static SipResponse Better(SipResponse? one, SipResponse other) =>
        one is null ? other
        : one.StatusCode >= 600 ? one
        : other.StatusCode >= 600 || other.StatusCode < one.StatusCode ? other
        : one;
}
