using System.Text;

namespace OCPlatform.Sip;

/// <summary>
/// A SIP request or response (RFC 3261 §7): header slices over one buffer, typed values on demand.
/// A parsed message refers to the buffer it was parsed from; the buffer must not change while the message is used.
/// Not thread-safe while it is changed. To cross a process or actor boundary, send <see cref="ToBytes()"/> and parse again.
/// </summary>
public abstract partial class SipMessage
{
    private NameAddress? _from;
    private NameAddress? _to;
    private Via? _topVia;
    private string? _callId;
    private ReadOnlyMemory<byte> _body;

    /// <summary>All headers, raw.</summary>
    public SipHeaderCollection Headers => new(this);

    /// <summary>The body. Content-Length is always written from its length.</summary>
    public ReadOnlyMemory<byte> Body
    {
        get
        {
            ThrowIfReleased();
            return _body;
        }
        set => _body = value;
    }

    /// <summary>The parser checked these five; on a message built by code a missing one throws.</summary>
    public NameAddress From
    {
        get => _from ??= Mandatory(SipHeaderId.From);
        set => SetText(SipHeaderId.From, value);
    }

    /// <inheritdoc cref="From"/>
    public NameAddress To
    {
        get => _to ??= Mandatory(SipHeaderId.To);
        set => SetText(SipHeaderId.To, value);
    }

    /// <inheritdoc cref="From"/>
    public string CallId
    {
        get => _callId ??= Headers[SipHeaderId.CallId] ?? throw Missing(SipHeaderId.CallId);
        set => Headers.Set(SipHeaderId.CallId, value);
    }

    /// <inheritdoc cref="From"/>
    public CSeq CSeq
    {
        get =>
            Headers.TryGetBytes(SipHeaderId.CSeq, out var value) && CSeq.TryParse(value, out var cseq)
                ? cseq
                : throw Missing(SipHeaderId.CSeq);
        set => SetText(SipHeaderId.CSeq, value);
    }

    /// <summary>The first Via value. Setting it replaces that value and leaves the others.</summary>
    public Via TopVia
    {
        get
        {
            if (_topVia is null)
            {
                var elements = new HeaderElements(this, SipHeaderId.Via);
                _topVia =
                    elements.TryRead(out var first) && Via.TryParse(first, out var via)
                        ? via
                        : throw Missing(SipHeaderId.Via);
            }
            return _topVia;
        }
        set => ReplaceTopVia(value);
    }

    /// <summary>Every Via value, the top one first.</summary>
    public IReadOnlyList<Via> Vias
    {
        get
        {
            var result = new List<Via>();
            var elements = new HeaderElements(this, SipHeaderId.Via);
            while (elements.TryRead(out var element))
            {
                if (Via.TryParse(element, out var via))
                {
                    result.Add(via);
                }
            }
            return result;
        }
    }

    /// <summary>The first Contact, null when absent or <c>*</c>.</summary>
    public NameAddress? Contact
    {
        get => FirstAddress(SipHeaderId.Contact);
        set => SetOrRemove(SipHeaderId.Contact, value?.ToString());
    }

    /// <summary>The tag of From without a string; empty when there is none, or no readable From.</summary>
    public ReadOnlySpan<byte> FromTag => TagOf(SipHeaderId.From);

    /// <summary>The tag of To without a string; empty when there is none, or no readable To.</summary>
    public ReadOnlySpan<byte> ToTag => TagOf(SipHeaderId.To);

    public IReadOnlyList<NameAddress> Contacts => Addresses(SipHeaderId.Contact);

    /// <summary>Contact: * of a REGISTER that removes all bindings (RFC 3261 §10.2.2).</summary>
    public bool HasWildcardContact =>
        Headers.TryGetBytes(SipHeaderId.Contact, out var value) && SipCharacters.Trim(value).SequenceEqual("*"u8);

    public IReadOnlyList<NameAddress> Routes => Addresses(SipHeaderId.Route);

    public IReadOnlyList<NameAddress> RecordRoutes => Addresses(SipHeaderId.RecordRoute);

    /// <summary>Null when absent or not a number from 0 to 255.</summary>
    public int? MaxForwards
    {
        get => Number(SipHeaderId.MaxForwards) is { } n and <= 255 ? (int)n : null;
        set => SetOrRemove(SipHeaderId.MaxForwards, value?.ToString());
    }

    /// <summary>Seconds; null when absent or malformed. Values beyond 32 bits read as the largest (RFC 3261 §25.1, delta-seconds).</summary>
    public uint? Expires
    {
        get => Number(SipHeaderId.Expires);
        set => SetOrRemove(SipHeaderId.Expires, value?.ToString());
    }

    /// <summary>The media type of the body, lower case and without parameters: <c>application/sdp</c>; null when absent.</summary>
    public string? ContentType
    {
        get
        {
            var value = Headers[SipHeaderId.ContentType];
            if (value is null)
            {
                return null;
            }
            var semicolon = value.IndexOf(';');
            return (semicolon < 0 ? value : value[..semicolon]).Replace(" ", "").ToLowerInvariant();
        }
        set => SetOrRemove(SipHeaderId.ContentType, value);
    }

    /// <summary>The methods of Allow; empty when absent.</summary>
    public IReadOnlyList<string> Allow => Headers.Elements(SipHeaderId.Allow);

    public IReadOnlyList<string> Supported => Headers.Elements(SipHeaderId.Supported);

    public IReadOnlyList<string> Require => Headers.Elements(SipHeaderId.Require);

    /// <summary>Seconds after which a refused peer may try again (RFC 3261 §20.33); null when absent or malformed.</summary>
    public uint? RetryAfter
    {
        get
        {
            // Retry-After = delta-seconds [ comment ] *( ";" retry-param )
            var value = Headers[SipHeaderId.RetryAfter];
            var end = value?.IndexOfAny([' ', '(', ';']) ?? -1;
            return uint.TryParse(end < 0 ? value : value![..end], out var seconds) ? seconds : null;
        }
        set => SetOrRemove(SipHeaderId.RetryAfter, value?.ToString());
    }

    public string? UserAgent
    {
        get => Headers[SipHeaderId.UserAgent];
        set => SetOrRemove(SipHeaderId.UserAgent, value);
    }

    /// <summary>Sets body and Content-Type together.</summary>
    public void SetBody(ReadOnlyMemory<byte> body, string contentType)
    {
        Body = body;
        ContentType = body.IsEmpty ? null : contentType;
    }

    /// <summary>The name-addr values of a header over all its lines; malformed ones are left out.</summary>
    public IReadOnlyList<NameAddress> Addresses(SipHeaderId id)
    {
        List<NameAddress>? result = null;
        var elements = new HeaderElements(this, id);
        while (elements.TryRead(out var element))
        {
            if (NameAddress.TryParse(element, out var address))
            {
                (result ??= []).Add(address);
            }
        }
        return result ?? (IReadOnlyList<NameAddress>)[];
    }

    internal IReadOnlyList<string> LinesOf(SipHeaderId id)
    {
        var result = new List<string>();
        for (var i = IndexOf(id, 0); i >= 0; i = IndexOf(id, i + 1))
        {
            result.Add(Encoding.UTF8.GetString(ValueOf(i)));
        }
        return result;
    }

    private uint? Number(SipHeaderId id)
    {
        if (!Headers.TryGetBytes(id, out var value))
        {
            return null;
        }
        value = SipCharacters.Trim(value);
        var end = value.IndexOf((byte)';');
        value = end < 0 ? value : SipCharacters.Trim(value[..end]);
        if (SipCharacters.TryParseUInt32(value, out var number))
        {
            return number;
        }
        return value.Length is > 0 and <= 32 && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            ? uint.MaxValue
            : null;
    }

    private ReadOnlySpan<byte> TagOf(SipHeaderId id) =>
        Headers.TryGetBytes(id, out var value) && NameAddressSlices.TryParse(value, out var address)
            ? SipParameterReader.Find(address.Parameters, "tag"u8)
            : default;

    private NameAddress? FirstAddress(SipHeaderId id)
    {
        var elements = new HeaderElements(this, id);
        return elements.TryRead(out var first) && NameAddress.TryParse(first, out var address) ? address : null;
    }

    private NameAddress Mandatory(SipHeaderId id) =>
        Headers.TryGetBytes(id, out var value) && NameAddress.TryParse(value, out var address)
            ? address
            : throw Missing(id);

    private static InvalidOperationException Missing(SipHeaderId id) =>
        new($"The message has no valid {SipHeaderNames.NameOf(id)}.");

    private void SetOrRemove(SipHeaderId id, string? value)
    {
        if (value is null)
        {
            Headers.Remove(id);
        }
        else
        {
            Headers.Set(id, value);
        }
    }

    private void Forget(SipHeaderId id)
    {
        switch (id)
        {
            case SipHeaderId.From:
                _from = null;
                break;
            case SipHeaderId.To:
                _to = null;
                break;
            case SipHeaderId.Via:
                _topVia = null;
                break;
            case SipHeaderId.CallId:
                _callId = null;
                break;
        }
    }
}
