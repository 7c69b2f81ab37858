using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Simulation.Tests.Scenarios;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// When the faults have healed and each side has been heard of once, both sides have the dialog or neither has, and know the same of it: where the
/// other is, and how far each has counted. When all have hung up, nobody has it.
/// </summary>
internal sealed class DialogsAgree(TimeSpan at) : Checker
{
    private readonly HashSet<Host> _forgetful = [];
    private bool _checked;

    public override void Missed(Host host) => _forgetful.Add(host);

    public override void Stepped()
    {
        if (!_checked && World.Now >= at)
        {
            _checked = true;
            Compare();
        }
    }

    private void Compare()
    {
        var (alice, bob) = (UserOf(World.Hosts[0]), UserOf(World.Hosts[1]));
        Require(alice.IsUp == bob.IsUp, $"the dialog is up for {(alice.IsUp ? "alice" : "bob")} only");
        if (!alice.IsUp)
        {
            return;
        }
        World.Count("up to the end");
        var (a, b) = (alice.Dialog!, bob.Dialog!);
        Require(a.RemoteTarget == b.LocalTarget, $"alice knows bob as {a.RemoteTarget}, bob is {b.LocalTarget}");
        Require(b.RemoteTarget == a.LocalTarget, $"bob knows alice as {b.RemoteTarget}, alice is {a.LocalTarget}");
        Require(a.LocalCSeq == b.RemoteCSeq, $"alice has counted to {a.LocalCSeq}, bob has seen {b.RemoteCSeq}");
        // The callee's first number is its own choice, so before its first request the caller has seen none.
        Require(b.LocalCSeq == (a.RemoteCSeq ?? 0), $"bob has counted to {b.LocalCSeq}, alice has seen {a.RemoteCSeq}");
    }

    public override void AtRest()
    {
        foreach (var host in World.Hosts.Where(h => !_forgetful.Contains(h)))
        {
            Require(!UserOf(host).IsUp, $"{host.Name} still has the dialog");
        }
    }

    private static DialogUser UserOf(Host host) => (DialogUser)host.Core;
}
