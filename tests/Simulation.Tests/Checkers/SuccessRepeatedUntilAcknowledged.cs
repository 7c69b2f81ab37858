using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// A 2xx to an INVITE is sent again after T1, then less and less often, at last every T2, until its ACK comes or 64*T1 have gone by, over every
/// transport (RFC 3261 §13.3.1.4). A crash or a BYE may come between, or the peer's next INVITE, which says as much as an ACK.
/// </summary>
internal sealed class SuccessRepeatedUntilAcknowledged : Checker
{
    private readonly Dictionary<(Host Host, string CallId, uint CSeq), int> _times = [];
    private readonly HashSet<(Host Host, string CallId, uint CSeq)> _arrived = [];
    private readonly HashSet<(Host, string CallId)> _over = [];
    private readonly HashSet<Host> _ended = [];

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message is { IsSuccess: true, Method: SipMethod.Invite } && !from.IsProxy)
        {
            var key = (from, message.CallId, message.CSeqNumber);
            if (_times.TryAdd(key, 0))
            {
                World.After(World.Timeout - TimeSpan.FromMilliseconds(1), () => CheckTimes(key));
            }
            _times[key]++;
        }
        else if (message is { IsRequest: true, Method: SipMethod.Bye })
        {
            _over.Add((from, message.CallId));
        }
    }

    public override void Arriving(Host at, WireMessage message, SipDestination source)
    {
        switch (message)
        {
            case { IsRequest: true, Method: SipMethod.Ack }:
                _arrived.Add((at, message.CallId, message.CSeqNumber));
                break;
            case { IsRequest: true, Method: SipMethod.Invite }:
                var earlier = _times.Keys.Where(k => k.Host == at && k.CallId == message.CallId);
                _arrived.UnionWith(earlier.Where(k => k.CSeq < message.CSeqNumber));
                break;
            case { IsRequest: true, Method: SipMethod.Bye }:
                _over.Add((at, message.CallId));
                break;
        }
    }

    public override void SessionEvent(Host host, SipSessionEvent happened)
    {
        if (happened is SipSessionEvent.Ended)
        {
            // Its BYE may have to wait for other requests.
            _ended.Add(host);
        }
    }

    private void CheckTimes((Host Host, string CallId, uint CSeq) key)
    {
        var (host, callId, _) = key;
        if (!_arrived.Contains(key) && !_over.Contains((host, callId)) && !_ended.Contains(host) && !host.HasCrashed)
        {
            Require(_times[key] == 11, $"{host.Name} sent a 2xx {_times[key]} times instead of 11");
        }
    }
}
