using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// Within a dialog, each new request of a host has a higher CSeq than the one before (RFC 3261 §12.2.1.1), across crashes too; an ACK or CANCEL
/// has that of an INVITE.
/// </summary>
internal sealed class CSeqRises : Checker
{
    private readonly Dictionary<(Host, string CallId, string Tag), Numbers> _numbers = [];

    private sealed class Numbers
    {
        public HashSet<string> Branches { get; } = [];
        public HashSet<uint> Invites { get; } = [];
        public uint Last { get; set; }
    }

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (!message.IsRequest || from.IsProxy)
        {
            return;
        }
        var key = (from, message.CallId, message.FromTag);
        if (!_numbers.TryGetValue(key, out var numbers))
        {
            _numbers[key] = numbers = new Numbers();
        }
        if (message.Method is SipMethod.Ack or SipMethod.Cancel)
        {
            Require(
                numbers.Invites.Contains(message.CSeqNumber),
                $"{from.Name} sent {message} for no INVITE of its own"
            );
        }
        else if (numbers.Branches.Add(message.Branch))
        {
            Require(message.CSeqNumber > numbers.Last, $"{from.Name} sent {message} after number {numbers.Last}");
            numbers.Last = message.CSeqNumber;
            if (message.Method == SipMethod.Invite)
            {
                numbers.Invites.Add(message.CSeqNumber);
            }
        }
    }
}
