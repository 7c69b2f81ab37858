using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>
/// name-addr or addr-spec with its header parameters (RFC 3261 §20.10): From, To, Contact, Route, Refer-To … Immutable.
/// </summary>
public sealed record NameAddress : IWireText
{
    /// <summary>The display name without quotes; null when absent.</summary>
    public string? DisplayName { get; init; }

    public required SipUri Uri { get; init; }

    /// <summary>Header parameters, those after the angle brackets.</summary>
    public SipParameters Parameters { get; init; } = SipParameters.Empty;

    /// <summary>The <c>tag</c> of From and To, or null.</summary>
    public string? Tag => Parameters["tag"];

    [SetsRequiredMembers]
    public NameAddress(SipUri uri, string? displayName = null, string? tag = null)
    {
        Uri = uri;
        DisplayName = displayName;
        Parameters = tag is null ? SipParameters.Empty : SipParameters.Empty.With("tag", tag);
    }

    /// <summary>A copy with this tag, in place of any that was there.</summary>
    public NameAddress WithTag(string tag) => this with { Parameters = Parameters.With("tag", tag) };

    /// <summary>Reads one address, not a list of them; false when it is malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out NameAddress? address)
    {
        address = null;
        if (
            !NameAddressSlices.TryParse(text, out var slices)
            || !SipUri.TryParse(slices.Uri, out var uri)
            || !SipParameters.TryParse(slices.Parameters, out var parameters)
        )
        {
            return false;
        }
        address = new NameAddress(uri)
        {
            DisplayName = slices.DisplayName.IsEmpty
                ? null
                : SipText.Unquote(Encoding.UTF8.GetString(slices.DisplayName)),
            Parameters = parameters,
        };
        return true;
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out NameAddress? address) =>
        TryParse(SipText.Bytes(text), out address);

    /// <exception cref="FormatException">The text is no address; for text from the network use TryParse.</exception>
    public static NameAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"Not a SIP address: {text}");

    /// <summary>Always with angle brackets, so that URI and header parameters cannot be confused.</summary>
    public override string ToString() => ByteWriter.TextOf(this);

    void IWireText.WriteTo(ref ByteWriter output)
    {
        if (DisplayName is not null)
        {
            output.WriteQuoted(DisplayName);
            output.Write((byte)' ');
        }
        output.Write((byte)'<');
        Uri.WriteTo(ref output);
        output.Write((byte)'>');
        Parameters.WriteTo(ref output);
    }
}

/// <summary>Where the parts of a name-addr lie; validates without allocating.</summary>
internal ref struct NameAddressSlices
{
    public ReadOnlySpan<byte> DisplayName;
    public ReadOnlySpan<byte> Uri;
    public ReadOnlySpan<byte> Parameters;

    /// <summary>The URI stands in angle brackets.</summary>
    public bool Bracketed;

    public static bool TryParse(ReadOnlySpan<byte> text, out NameAddressSlices address) =>
        TrySplit(text, out address)
        && SipUriSlices.TryParse(address.Uri, out _)
        && SipParameters.IsValid(address.Parameters);

    /// <summary>The parts, without a look at whether URI and parameters are well formed.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> text, out NameAddressSlices address)
    {
        address = default;
        text = SipCharacters.Trim(text);
        if (text.IsEmpty)
        {
            return false;
        }
        if (text[0] == (byte)'"')
        {
            var quoted = SipText.QuotedLength(text);
            if (quoted < 0)
            {
                return false;
            }
            address.DisplayName = text[..quoted];
            text = SipCharacters.Trim(text[quoted..]);
            if (text.IsEmpty || text[0] != (byte)'<')
            {
                return false;
            }
        }
        var open = text.IndexOf((byte)'<');
        if (open < 0)
        {
            return address.TrySplitAddressSpec(text);
        }
        if (open > 0)
        {
            // display-name = *(token LWS): more characters than token has are met in the wild and do no harm, save these.
            address.DisplayName = SipCharacters.Trim(text[..open]);
            if (address.DisplayName.ContainsAny(SipCharacters.NoDisplayName))
            {
                return false;
            }
        }
        var close = text.IndexOf((byte)'>');
        if (close < open)
        {
            return false;
        }
        address.Bracketed = true;
        address.Uri = text[(open + 1)..close];
        address.Parameters = text[(close + 1)..];
        return true;
    }

    /// <summary>Without angle brackets every parameter is the header's, and "?" and "," may not stand (RFC 3261 §20).</summary>
    private bool TrySplitAddressSpec(ReadOnlySpan<byte> text)
    {
        var semicolon = text.IndexOf((byte)';');
        // In sip:a;b@host the semicolon belongs to the user part.
        var at = text.IndexOf((byte)'@');
        if (at > semicolon && semicolon >= 0 && text[..at].IndexOfAny((byte)'"', (byte)' ', (byte)'=') < 0)
        {
            var after = text[at..].IndexOf((byte)';');
            semicolon = after < 0 ? -1 : at + after;
        }
        Uri = SipCharacters.Trim(semicolon < 0 ? text : text[..semicolon]);
        Parameters = semicolon < 0 ? default : text[semicolon..];
        return Uri.IndexOfAny((byte)'?', (byte)',') < 0;
    }
}
