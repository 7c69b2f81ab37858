using System.Buffers;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip;

/// <summary>
/// The way in. A transport's thread copies the bytes into pooled memory and goes on; the loop looks at what routes them, and parses what does not end
/// in the transaction layer: a retransmission, an ACK of a refusal, a stray response cost no parsing and no allocation.
/// </summary>
public sealed partial class SipEndpoint
{
    void ISipTransportReceiver.OnReceived(ReadOnlySpan<byte> message, SipFlow flow)
    {
        Interlocked.Increment(ref Counters.ReceivedCount);
        if (IsBarred(message, flow))
        {
            return;
        }
        if (_work.Reader.Count >= _options.ReceiveQueue)
        {
            Interlocked.Increment(ref Counters.DroppedCount);
            return;
        }
        var rented = ArrayPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(rented);
        if (!_work.Writer.TryWrite(new Work(WorkKind.Received, Rented: rented, Status: message.Length, Flow: flow)))
        {
            ArrayPool<byte>.Shared.Return(rented);
            Interlocked.Increment(ref Counters.DroppedCount);
        }
    }

    private void Receive(byte[] rented, int length, SipFlow flow)
    {
        try
        {
            Receive(rented.AsSpan(0, length), flow);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Receive(ReadOnlySpan<byte> message, SipFlow flow)
    {
        // A trace sees every message, so all of them are parsed for it.
        if (_options.Trace is null && SipPeek.TryRead(message, out var peek) && _layer.TryAbsorb(in peek, Now, flow))
        {
            return;
        }
        if (!SipParser.TryParsePooled(message, out var parsed, out var error, _options.ParserLimits))
        {
            OnMalformed(error, flow);
            error.Request?.Release();
            return;
        }
        if (parsed is SipRequest request)
        {
            ResponseRouting.StampSource(request, flow);
        }
        _options.Trace?.OnReceived(parsed, flow);
        if (!_layer.Receive(parsed, flow, Now))
        {
            parsed.Release();
        }
    }

    private void OnMalformed(SipParseError error, SipFlow flow)
    {
        Interlocked.Increment(ref Counters.MalformedCount);
        _options.OnMalformed?.Invoke(error, flow.Remote.EndPoint);
        if (error.Request is not { } request)
        {
            return;
        }
        ResponseRouting.StampSource(request, flow);
        var response = SipResponse.Create(
            request,
            error.Status,
            error.Status == SipStatus.BadRequest ? error.Reason : null
        );
        if (_options.ServerHeader is { } server)
        {
            response.Headers.Add(SipHeaderId.Server, server);
        }
        SendStateless(response, ResponseRouting.For(request, flow));
    }
}
