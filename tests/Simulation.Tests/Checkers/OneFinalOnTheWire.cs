using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>After a final response a host sends nothing more to that request but the same bytes again; a proxy, the 2xx of other forks too.</summary>
internal sealed class OneFinalOnTheWire : Checker
{
    private readonly Dictionary<(Host, string Branch, string Method), WireMessage> _finals = [];

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message.IsRequest)
        {
            return;
        }
        var key = (from, message.Branch, message.Method);
        if (!_finals.TryGetValue(key, out var final))
        {
            if (message.IsFinal)
            {
                _finals[key] = message;
            }
            return;
        }
        var isOfOtherFork = from.IsProxy && final.IsSuccess && message.IsSuccess && final.ToTag != message.ToTag;
        Require(
            isOfOtherFork || final.Bytes.Span.SequenceEqual(message.Bytes.Span),
            $"{from.Name} sent {message} after the final {final}"
        );
    }
}
