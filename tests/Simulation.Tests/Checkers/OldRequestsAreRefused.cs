using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>A request that a later one of its dialog has overtaken, and that was accepted, is refused (RFC 3261 §12.2.2).</summary>
internal sealed class OldRequestsAreRefused : Checker
{
    private readonly Dictionary<(Host, string CallId, string FromTag), uint> _accepted = [];
    private readonly HashSet<(Host, string Branch)> _seen = [];
    private readonly HashSet<(Host, string Branch)> _overtaken = [];

    public override void Arriving(Host at, WireMessage message, SipDestination source)
    {
        if (
            message.IsRequest
            && IsCounted(message)
            && _seen.Add((at, message.Branch))
            && _accepted.GetValueOrDefault(KeyOf(at, message)) > message.CSeqNumber
        )
        {
            _overtaken.Add((at, message.Branch));
        }
    }

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message.IsSuccess && IsCounted(message))
        {
            var key = KeyOf(from, message);
            Require(
                !_overtaken.Contains((from, message.Branch)),
                $"{from.Name} accepted {message} after number {_accepted.GetValueOrDefault(key)}"
            );
            _accepted[key] = Math.Max(_accepted.GetValueOrDefault(key), message.CSeqNumber);
        }
    }

    /// <summary>In a dialog, and not of the methods that have the number of another.</summary>
    private static bool IsCounted(WireMessage message) =>
        message.ToTag.Length > 0 && message.Method is not (SipMethod.Ack or SipMethod.Cancel);

    private static (Host, string, string) KeyOf(Host host, WireMessage message) =>
        (host, message.CallId, message.FromTag);
}
