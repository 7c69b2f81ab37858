using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>One Via value (RFC 3261 §20.42, §18.1.1; rport of RFC 3581). Immutable.</summary>
public sealed record Via : IWireText
{
    /// <summary>The start of every RFC 3261 branch (§8.1.1.7).</summary>
    public const string MagicCookie = "z9hG4bK";

    /// <summary>Upper case: UDP, TCP, TLS, WS, WSS …</summary>
    public required string Transport { get; init; }

    /// <summary>sent-by host.</summary>
    public required string Host { get; init; }

    /// <summary>sent-by port, 0 when not given.</summary>
    public int Port { get; init; }

    public SipParameters Parameters { get; init; } = SipParameters.Empty;

    public string? Branch => Parameters["branch"];

    public string? Received => Parameters["received"];

    /// <summary>The peer asked for its source port (<c>;rport</c>), or it has been filled in.</summary>
    public bool HasRport => Parameters.Contains("rport");

    /// <summary>The filled-in source port, 0 otherwise.</summary>
    public int Rport => int.TryParse(Parameters["rport"], out var port) && port is > 0 and < 65536 ? port : 0;

    /// <summary>The branch is one of RFC 3261; a bare cookie identifies nothing and does not count.</summary>
    public bool HasMagicCookie =>
        Branch is { } branch
        && branch.Length > MagicCookie.Length
        && branch.StartsWith(MagicCookie, StringComparison.OrdinalIgnoreCase);

    internal static bool IsMagic(ReadOnlySpan<byte> branch) =>
        branch.Length > MagicCookie.Length && Ascii.EqualsIgnoreCase(branch[..MagicCookie.Length], MagicCookie);

    /// <summary>sent-by as on the wire: host, and port if given.</summary>
    public string SentBy => Port == 0 ? Host : $"{Host}:{Port}";

    /// <summary>Reads one value, not a list of them; false when it is malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out Via? via)
    {
        via = null;
        if (!ViaSlices.TryParse(text, out var slices) || !SipParameters.TryParse(slices.Parameters, out var parameters))
        {
            return false;
        }
        via = new Via
        {
            Transport = SipText.Intern(slices.Transport).ToUpperInvariant(),
            Host = Encoding.ASCII.GetString(slices.Host),
            Port = slices.Port,
            Parameters = parameters,
        };
        return true;
    }

    public override string ToString() => ByteWriter.TextOf(this);

    void IWireText.WriteTo(ref ByteWriter output) => WriteTo(ref output);

    internal void WriteTo(ref ByteWriter output)
    {
        output.Write("SIP/2.0/"u8);
        output.Write(Transport);
        output.Write((byte)' ');
        output.Write(Host);
        if (Port != 0)
        {
            output.Write((byte)':');
            output.Write(Port);
        }
        Parameters.WriteTo(ref output);
    }
}

/// <summary>Where the parts of a Via value lie; validates without allocating.</summary>
internal ref struct ViaSlices
{
    public ReadOnlySpan<byte> Transport;
    public ReadOnlySpan<byte> Host;
    public ReadOnlySpan<byte> Parameters;
    public int Port;

    /// <summary>sent-protocol LWS sent-by *( SEMI via-params ), with LWS allowed around each slash and colon.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ViaSlices via)
    {
        via = default;
        text = SipCharacters.Trim(text);
        if (
            !TryReadPart(ref text, (byte)'/', out var protocol)
            || !Ascii.EqualsIgnoreCase(protocol, "SIP"u8)
            || !TryReadPart(ref text, (byte)'/', out var version)
            || !version.SequenceEqual("2.0"u8)
        )
        {
            return false;
        }
        text = SipCharacters.Trim(text);
        var length = text.IndexOfAnyExcept(SipCharacters.Token);
        if (length <= 0 || !SipCharacters.IsLws(text[length]))
        {
            return false;
        }
        via.Transport = text[..length];
        text = SipCharacters.Trim(text[length..]);
        var semicolon = text.IndexOf((byte)';');
        var sentBy = SipCharacters.Trim(semicolon < 0 ? text : text[..semicolon]);
        via.Parameters = semicolon < 0 ? default : text[semicolon..];
        return via.TryParseSentBy(sentBy) && SipParameters.IsValid(via.Parameters);
    }

    private bool TryParseSentBy(ReadOnlySpan<byte> sentBy)
    {
        if (HostPort.TryParse(sentBy, out Host, out Port))
        {
            return true;
        }
        // sent-by = host [ COLON port ], and COLON allows white space on both sides.
        var colon = sentBy.LastIndexOf((byte)':');
        if (colon <= 0)
        {
            return false;
        }
        var port = SipCharacters.Trim(sentBy[(colon + 1)..]);
        if (
            !HostPort.TryParse(SipCharacters.Trim(sentBy[..colon]), out Host, out var none)
            || none != 0
            || !SipCharacters.TryParseUInt32(port, out var number)
            || number > 65535
        )
        {
            return false;
        }
        Port = (int)number;
        return true;
    }

    private static bool TryReadPart(ref ReadOnlySpan<byte> text, byte separator, out ReadOnlySpan<byte> part)
    {
        var end = text.IndexOf(separator);
        part = end < 0 ? default : SipCharacters.Trim(text[..end]);
        if (!SipCharacters.IsToken(part))
        {
            return false;
        }
        text = text[(end + 1)..];
        return true;
    }
}
