namespace OCPlatform.Sip.Transports;

/// <summary>An established way that carries whole messages: a byte stream cut by a framer, or a WebSocket.</summary>
internal interface IMessageChannel : IDisposable
{
    /// <summary>Part of a message is here; its rest must come in time.</summary>
    bool IsMidMessage { get; }

    /// <summary>The next frame; null when the peer closed in good order. The message's bytes are good until the next call.</summary>
    ValueTask<ChannelFrame?> ReadAsync(CancellationToken cancellation);

    /// <summary>Writes what waits, each message whole.</summary>
    ValueTask WriteAsync(SendBatch batch, CancellationToken cancellation);

    /// <summary>After <see cref="SipFrame.Error"/>: what was wrong.</summary>
    SipFramingError Error { get; }
}

/// <summary>One thing read: a message, a keep-alive, or (with the header part at fault, if it is whole) the error that ends the stream.</summary>
internal readonly record struct ChannelFrame(SipFrame Kind, ReadOnlyMemory<byte> Message);

/// <summary>SIP over a byte stream: TCP or TLS.</summary>
internal sealed class StreamChannel(Stream stream, int maxMessageBytes) : IMessageChannel
{
    private readonly SipStreamFramer _framer = new(maxMessageBytes);

    public bool IsMidMessage => _framer.IsMidMessage;

    public SipFramingError Error => _framer.Error;

    public async ValueTask<ChannelFrame?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var kind = _framer.TryRead(out var message);
            if (kind != SipFrame.Incomplete)
            {
                return new ChannelFrame(kind, kind == SipFrame.Error ? _framer.RefusedHead : message);
            }
            var count = await stream.ReadAsync(_framer.GetMemory(), cancellation);
            if (count == 0)
            {
                return null;
            }
            _framer.Advance(count);
        }
    }

    public ValueTask WriteAsync(SendBatch batch, CancellationToken cancellation) =>
        stream.WriteAsync(batch.Bytes, cancellation);

    public void Dispose() => stream.Dispose();
}
