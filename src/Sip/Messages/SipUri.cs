using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>
/// A SIP or SIPS URI (RFC 3261 §19.1), a tel URI (RFC 3966) or, of any other scheme, its text. Immutable.
/// </summary>
public sealed record SipUri : IWireText
{
    /// <summary>Lower case: <c>sip</c>, <c>sips</c>, <c>tel</c> or another scheme.</summary>
    public required string Scheme { get; init; }

    /// <summary>The user part, escapes kept as on the wire; for <c>tel</c> the number; null when absent.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>Host name, IPv4 address, or IPv6 address in brackets; empty for schemes other than sip and sips.</summary>
    public string Host { get; init; } = "";

    /// <summary>0 when not given.</summary>
    public int Port { get; init; }

    public SipParameters Parameters { get; init; } = SipParameters.Empty;

    /// <summary>The text after <c>?</c>, without it; null when absent.</summary>
    public string? Headers { get; init; }

    /// <summary>What follows the colon of a scheme that is not sip, sips or tel.</summary>
    public string? Opaque { get; init; }

    public bool IsSip => Scheme is "sip" or "sips";

    public bool IsSecure => Scheme == "sips";

    /// <summary>A loose router's mark (RFC 3261 §16.12.1.1).</summary>
    public bool IsLooseRouter => Parameters.Contains("lr");

    /// <summary>The <c>transport</c> parameter in lower case, or null.</summary>
    public string? Transport => Parameters["transport"]?.ToLowerInvariant();

    /// <summary>The port given, or the scheme's default: 5060, 5061 for sips (RFC 3261 §19.1.2).</summary>
    public int PortOrDefault =>
        Port != 0 ? Port
        : IsSecure || Transport is "tls" or "wss" ? 5061
        : 5060;

    /// <summary>A sip URI from its parts. IPv6 hosts may be given with or without brackets.</summary>
    public static SipUri Create(string? user, string host, int port = 0, string scheme = "sip") =>
        new()
        {
            Scheme = scheme,
            User = user,
            Host = host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host,
            Port = port,
        };

    /// <summary>A sip URI of an address and port.</summary>
    public static SipUri Create(string? user, System.Net.IPEndPoint endPoint) =>
        Create(user, endPoint.Address.ToString(), endPoint.Port);

    /// <summary>Reads a URI of any scheme; false when it is malformed (RFC 3261 §25.1).</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out SipUri? uri)
    {
        uri = null;
        if (!SipUriSlices.TryParse(text, out var slices))
        {
            return false;
        }
        var parameters = SipParameters.Empty;
        if (slices.Parameters.Length > 0 && !SipParameters.TryParse(slices.Parameters, out parameters))
        {
            return false;
        }
        uri = new SipUri
        {
            Scheme = SipText.Intern(slices.Scheme).ToLowerInvariant(),
            User = slices.HasUser ? Encoding.UTF8.GetString(slices.User) : null,
            Password = slices.HasPassword ? Encoding.UTF8.GetString(slices.Password) : null,
            Host = slices.Host.IsEmpty ? "" : Encoding.ASCII.GetString(slices.Host),
            Port = slices.Port,
            Parameters = parameters,
            Headers = slices.HasHeaders ? Encoding.UTF8.GetString(slices.Headers) : null,
            Opaque = slices.IsOpaque ? Encoding.UTF8.GetString(slices.Opaque) : null,
        };
        return true;
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out SipUri? uri) =>
        TryParse(SipText.Bytes(text), out uri);

    /// <exception cref="FormatException">The text is no URI; for text from the network use TryParse.</exception>
    public static SipUri Parse(string text) =>
        TryParse(text, out var uri) ? uri : throw new FormatException($"Not a SIP URI: {text}");

    /// <summary>Same resource by RFC 3261 §19.1.4: parameters that only one side has count if user, ttl, method, maddr or transport.</summary>
    public bool IsEquivalentTo(SipUri other)
    {
        if (
            Scheme != other.Scheme
            || !string.Equals(Unescape(User), Unescape(other.User), StringComparison.Ordinal)
            || !string.Equals(Unescape(Password), Unescape(other.Password), StringComparison.Ordinal)
            || !string.Equals(Host, other.Host, StringComparison.OrdinalIgnoreCase)
            || Port != other.Port
            || !string.Equals(Headers, other.Headers, StringComparison.OrdinalIgnoreCase)
            || !string.Equals(Opaque, other.Opaque, StringComparison.Ordinal)
        )
        {
            return false;
        }
        return Covers(Parameters, other.Parameters) && Covers(other.Parameters, Parameters);

        static bool Covers(SipParameters mine, SipParameters theirs)
        {
            foreach (var (name, _) in mine)
            {
                if (theirs.Contains(name))
                {
                    // By name on both sides: of a name that stands twice the first counts, here as everywhere.
                    if (
                        !string.Equals(Unescape(mine[name]), Unescape(theirs[name]), StringComparison.OrdinalIgnoreCase)
                    )
                    {
                        return false;
                    }
                }
                else if (name.ToLowerInvariant() is "user" or "ttl" or "method" or "maddr" or "transport")
                {
                    return false;
                }
            }
            return true;
        }
    }

    /// <summary>The user part with its percent escapes resolved.</summary>
    public string? UnescapedUser => Unescape(User);

    private static string? Unescape(string? text) =>
        text is null || !text.Contains('%') ? text : Uri.UnescapeDataString(text);

    public override string ToString() => ByteWriter.TextOf(this);

    void IWireText.WriteTo(ref ByteWriter output) => WriteTo(ref output);

    internal void WriteTo(ref ByteWriter output)
    {
        output.Write(Scheme);
        output.Write((byte)':');
        if (Opaque is not null)
        {
            output.Write(Opaque);
            return;
        }
        if (User is not null)
        {
            output.Write(User);
            if (Password is not null)
            {
                output.Write((byte)':');
                output.Write(Password);
            }
            if (IsSip)
            {
                output.Write((byte)'@');
            }
        }
        output.Write(Host);
        if (Port != 0)
        {
            output.Write((byte)':');
            output.Write(Port);
        }
        Parameters.WriteTo(ref output);
        if (Headers is not null)
        {
            output.Write((byte)'?');
            output.Write(Headers);
        }
    }
}

/// <summary>Where the parts of a URI lie; validates without allocating.</summary>
internal ref struct SipUriSlices
{
    public ReadOnlySpan<byte> Scheme;
    public ReadOnlySpan<byte> User;
    public ReadOnlySpan<byte> Password;
    public ReadOnlySpan<byte> Host;
    public ReadOnlySpan<byte> Parameters;
    public ReadOnlySpan<byte> Headers;
    public ReadOnlySpan<byte> Opaque;
    public int Port;
    public bool HasUser;
    public bool HasPassword;
    public bool HasHeaders;
    public bool IsOpaque;

    public static bool TryParse(ReadOnlySpan<byte> text, out SipUriSlices uri)
    {
        uri = default;
        var colon = text.IndexOf((byte)':');
        if (colon <= 0 || colon == text.Length - 1 || !char.IsAsciiLetter((char)text[0]))
        {
            return false;
        }
        uri.Scheme = text[..colon];
        if (uri.Scheme.ContainsAnyExcept(SipCharacters.Scheme))
        {
            return false;
        }
        var rest = text[(colon + 1)..];
        if (Ascii.EqualsIgnoreCase(uri.Scheme, "sip"u8) || Ascii.EqualsIgnoreCase(uri.Scheme, "sips"u8))
        {
            return uri.TryParseSip(rest);
        }
        if (Ascii.EqualsIgnoreCase(uri.Scheme, "tel"u8))
        {
            return uri.TryParseTel(rest);
        }
        uri.IsOpaque = true;
        uri.Opaque = rest;
        return !rest.ContainsAnyExcept(SipCharacters.AbsoluteUri);
    }

    private bool TryParseSip(ReadOnlySpan<byte> rest)
    {
        var at = rest.IndexOf((byte)'@');
        if (at >= 0)
        {
            var userInfo = rest[..at];
            rest = rest[(at + 1)..];
            var passwordColon = userInfo.IndexOf((byte)':');
            if (passwordColon >= 0)
            {
                HasPassword = true;
                Password = userInfo[(passwordColon + 1)..];
                userInfo = userInfo[..passwordColon];
            }
            HasUser = true;
            User = userInfo;
            if (
                User.IsEmpty
                || User.ContainsAnyExcept(SipCharacters.UserInfo)
                || !SipCharacters.HasValidEscapes(User)
                || Password.ContainsAnyExcept(SipCharacters.UserInfo)
            )
            {
                return false;
            }
        }
        var hostEnd = rest.IndexOfAny((byte)';', (byte)'?');
        var hostPort = hostEnd < 0 ? rest : rest[..hostEnd];
        rest = hostEnd < 0 ? default : rest[hostEnd..];
        if (!HostPort.TryParse(hostPort, out Host, out Port))
        {
            return false;
        }
        var question = rest.IndexOf((byte)'?');
        if (question >= 0)
        {
            HasHeaders = true;
            Headers = rest[(question + 1)..];
            rest = rest[..question];
            if (
                Headers.IsEmpty
                || Headers.ContainsAnyExcept(SipCharacters.UriHeaders)
                || !SipCharacters.HasValidEscapes(Headers)
            )
            {
                return false;
            }
        }
        Parameters = rest;
        return HasUriParameters(rest);
    }

    private bool TryParseTel(ReadOnlySpan<byte> rest)
    {
        var semicolon = rest.IndexOf((byte)';');
        HasUser = true;
        User = semicolon < 0 ? rest : rest[..semicolon];
        Parameters = semicolon < 0 ? default : rest[semicolon..];
        return !User.IsEmpty && !User.ContainsAnyExcept(SipCharacters.UserInfo) && HasUriParameters(Parameters);
    }

    /// <summary>As those of a header, but a URI has neither white space nor quotes.</summary>
    private static bool HasUriParameters(ReadOnlySpan<byte> parameters) =>
        !parameters.ContainsAny(SipCharacters.NotInUri) && SipParameters.IsValid(parameters);
}

/// <summary>host [ ":" port ] (RFC 3261 §25.1), with IPv6references.</summary>
internal static class HostPort
{
    public static bool TryParse(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> host, out int port)
    {
        host = default;
        port = 0;
        if (text.IsEmpty)
        {
            return false;
        }
        ReadOnlySpan<byte> rest;
        if (text[0] == (byte)'[')
        {
            var end = text.IndexOf((byte)']');
            if (end < 3 || text[1..end].ContainsAnyExcept(SipCharacters.IPv6))
            {
                return false;
            }
            host = text[..(end + 1)];
            rest = text[(end + 1)..];
        }
        else
        {
            var colon = text.IndexOf((byte)':');
            host = colon < 0 ? text : text[..colon];
            rest = colon < 0 ? default : text[colon..];
            if (host.IsEmpty || host.ContainsAnyExcept(SipCharacters.Host))
            {
                return false;
            }
        }
        if (rest.IsEmpty)
        {
            return true;
        }
        if (rest[0] != (byte)':' || !SipCharacters.TryParseUInt32(rest[1..], out var number) || number > 65535)
        {
            return false;
        }
        port = (int)number;
        return true;
    }
}
