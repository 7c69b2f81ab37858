using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// CANCEL leaves as soon as there is a provisional response, once, and not after the final one, and the INVITE is over within 64*T1 of it, whether or not
/// the peer answers (RFC 3261 §9.1).
/// </summary>
internal sealed class CancelledInviteEnds : Checker
{
    private readonly Dictionary<(Host, string Branch), Invite> _invites = [];

    private sealed class Invite
    {
        public bool HasProvisional { get; set; }
        public bool IsOver { get; set; }
        public bool CancelWanted { get; set; }
        public WireMessage? Cancel { get; set; }
        public TimeSpan OverBy { get; set; } = TimeSpan.MaxValue;
    }

    public override void Started(Transaction transaction)
    {
        if (transaction.IsInvite)
        {
            _invites.Add((transaction.Host, transaction.Branch), new Invite());
        }
    }

    public override void Cancelled(Transaction invite)
    {
        var cancelled = Of(invite)!;
        cancelled.CancelWanted = true;
        RequireCancel(invite.Host, cancelled);
    }

    public override void Arrived(Host at, WireMessage message)
    {
        if (!message.IsRequest && _invites.TryGetValue((at, message.Branch), out var invite))
        {
            RequireCancel(at, invite);
        }
    }

    private void RequireCancel(Host host, Invite invite) =>
        Require(
            invite is not { CancelWanted: true, HasProvisional: true, IsOver: false, Cancel: null },
            $"{host.Name} forgot to cancel"
        );

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message is not { IsRequest: true, Method: SipMethod.Cancel })
        {
            return;
        }
        var invite = _invites[(from, message.Branch)];
        if (invite.Cancel is { } first)
        {
            Require(first.Bytes.Span.SequenceEqual(message.Bytes.Span), $"{from.Name} sent two different CANCELs");
            return;
        }
        Require(invite.HasProvisional, $"{from.Name} sent CANCEL before a provisional response");
        Require(!invite.IsOver, $"{from.Name} sent CANCEL after the final response");
        invite.Cancel = message;
        invite.OverBy = World.Now + World.Timeout;
    }

    public override void Response(Transaction transaction, SipResponse response)
    {
        if (Of(transaction) is { } invite)
        {
            invite.HasProvisional |= response.IsProvisional;
            if (response.IsFinal)
            {
                Close(transaction, invite);
            }
        }
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end)
    {
        if (Of(transaction) is { } invite)
        {
            Close(transaction, invite);
        }
    }

    private Invite? Of(Transaction transaction) =>
        transaction.IsClient ? _invites.GetValueOrDefault((transaction.Host, transaction.Branch)) : null;

    private void Close(Transaction transaction, Invite invite)
    {
        if (!invite.IsOver)
        {
            invite.IsOver = true;
            Require(World.Now <= invite.OverBy, $"{transaction} went on for more than 64*T1 after CANCEL");
        }
    }
}
