namespace OCPlatform.Sip;

/// <summary>
/// The top Via as slices, for what every message needs on its way through a transaction layer: matching and routing. Allocates nothing;
/// <see cref="SipMessage.TopVia"/> is the same for everyone else.
/// </summary>
internal ref struct TopViaReader
{
    private ReadOnlySpan<byte> _element;
    private bool _hasBranch;

    public ReadOnlySpan<byte> Host { get; private set; }

    public int Port { get; private set; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> Branch { get; private set; }

    public bool HasRport { get; private set; }

    public bool HasReceived { get; private set; }

    /// <summary>Where the name <c>rport</c> ends within the line, when it stands without a value; -1 otherwise.</summary>
    public int BareRportEnd { get; private set; }

    /// <summary>No other Via follows, as must be in a response to a request of our own (RFC 3261 §8.1.3.3).</summary>
    public bool IsOnly { get; private set; }

    /// <summary>Length of the top value within its line, which may hold more of them.</summary>
    public readonly int ElementLength => _element.Length;

    /// <exception cref="InvalidOperationException">The message has no valid Via; a parsed one always has.</exception>
    public static TopViaReader Of(SipMessage message) =>
        TryOf(message, out var reader) ? reader : throw new InvalidOperationException("The message has no valid Via.");

    public static bool TryOf(SipMessage message, out TopViaReader reader)
    {
        reader = new TopViaReader { BareRportEnd = -1 };
        if (
            !message.Headers.TryGetBytes(SipHeaderId.Via, out var line)
            || SipText.ListElementLength(line) is var length && length < 0
            || !ViaSlices.TryParse(line[..length], out var via)
        )
        {
            return false;
        }
        reader._element = line[..length];
        reader.IsOnly =
            length == line.Length && message.IndexOf(SipHeaderId.Via, message.IndexOf(SipHeaderId.Via, 0) + 1) < 0;
        reader.Host = via.Host;
        reader.Port = via.Port;
        var parameters = new SipParameterReader(via.Parameters);
        while (parameters.TryRead(out var name, out var value, out var hasValue))
        {
            reader.Take(name, value, hasValue);
        }
        return true;
    }

    /// <summary>Of a parameter that stands twice the first counts, as everywhere.</summary>
    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool hasValue)
    {
        if (!_hasBranch && System.Text.Ascii.EqualsIgnoreCase(name, "branch"u8))
        {
            _hasBranch = true;
            Branch = value;
        }
        else if (!HasRport && System.Text.Ascii.EqualsIgnoreCase(name, "rport"u8))
        {
            HasRport = true;
            if (!hasValue && _element.Overlaps(name, out var offset))
            {
                BareRportEnd = offset + name.Length;
            }
        }
        else if (System.Text.Ascii.EqualsIgnoreCase(name, "received"u8))
        {
            HasReceived = true;
        }
    }

    /// <summary>See <see cref="Via.HasMagicCookie"/>.</summary>
    public readonly bool HasMagicCookie => Via.IsMagic(Branch);
}
