using System.Collections.Concurrent;
using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>
/// Requests that are too large for UDP and go by TCP instead (RFC 3261 §18.1.1), and their way back to UDP when no connection comes about. Except
/// for <see cref="DestinationFor"/>, to be called on the endpoint's loop only.
/// </summary>
internal sealed class TcpSwitch(TransportChoice transports, int maxUdpBytes, TimeProvider time)
{
    /// <summary>Peers kept that TCP did not reach; emptied when full.</summary>
    private const int MaxUnreachable = 1_024;

    /// <summary>A peer that TCP did not reach is not tried again for this long: a NAT or firewall in between costs the whole connect time-out.</summary>
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMinutes(5);

    private readonly Dictionary<SipTransactionId, Switched> _pending = [];
    private readonly ConcurrentDictionary<IPEndPoint, long> _unreachable = new();

    private sealed record Switched(SipRequest Request, SipDestination OverUdp)
    {
        public bool IsCancelled { get; set; }
    }

    /// <summary>The TCP destination that the request goes to instead of this one; null when it stays as it is.</summary>
    public SipDestination? DestinationFor(SipRequest request, SipDestination destination)
    {
        if (destination.Transport != "UDP" || !transports.HasTcp || request.ToBytes().Length <= maxUdpBytes)
        {
            return null;
        }
        if (_unreachable.TryGetValue(destination.EndPoint, out var since) && time.GetElapsedTime(since) < TryAgainAfter)
        {
            return null;
        }
        var overTcp = new SipDestination("TCP", destination.EndPoint);
        return transports.Find(overTcp) is null ? null : overTcp;
    }

    /// <summary>Where the request goes: by TCP when its Via says so though its destination does not.</summary>
    public SipDestination Begin(SipTransactionId id, SipRequest request, SipDestination destination)
    {
        if (destination.Transport != "UDP" || !transports.HasTcp || request.TopVia.Transport != "TCP")
        {
            return destination;
        }
        _pending[id] = new Switched(request, destination);
        return new SipDestination("TCP", destination.EndPoint);
    }

    /// <summary>The peer has answered over TCP.</summary>
    public void Forget(SipTransactionId id)
    {
        if (_pending.Count > 0)
        {
            _pending.Remove(id);
        }
    }

    public void NoteCancel(SipTransactionId id)
    {
        if (_pending.TryGetValue(id, out var switched))
        {
            switched.IsCancelled = true;
        }
    }

    /// <summary>The request and its UDP destination, when it got no answer because TCP failed; null when the transaction is over for its core.</summary>
    public (SipRequest Request, SipDestination Destination)? TakeBack(
        SipTransactionId id,
        SipTransactionEnd end,
        out bool cancelled
    )
    {
        cancelled = false;
        if (_pending.Count == 0 || !_pending.Remove(id, out var switched) || end != SipTransactionEnd.TransportError)
        {
            return null;
        }
        if (_unreachable.Count >= MaxUnreachable)
        {
            _unreachable.Clear();
        }
        _unreachable[switched.OverUdp.EndPoint] = time.GetTimestamp();
        cancelled = switched.IsCancelled;
        return (switched.Request, switched.OverUdp);
    }
}
