using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace OCPlatform.Media.Sdp;

/// <summary>
/// Reads a session description line by line. Lenient where phones are sloppy (LF line ends, missing s= and t=,
/// unknown lines), strict where a guess would send media to the wrong place. Never throws.
/// </summary>
internal static class SdpReader
{
    // The grammar knows one space; a tab within a value would be lost at the end of a line when it is written again.
    private static readonly char[] Blanks = [' ', '\t'];

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static bool TryRead(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out SessionDescription? description,
        out SdpFailure failure
    )
    {
        description = null;
        if (body.Length > SessionDescription.MaxBytes)
        {
            failure = new SdpFailure(SdpError.TooLarge, 0);
            return false;
        }

        string text;
        try
        {
            text = Strict.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            failure = new SdpFailure(SdpError.BadEncoding, 0);
            return false;
        }

        return TryRead(text, out description, out failure);
    }

    public static bool TryRead(
        string body,
        [NotNullWhen(true)] out SessionDescription? description,
        out SdpFailure failure
    )
    {
        var reader = new State();
        failure = new SdpFailure(reader.ReadAll(body), reader.Line);
        description = failure.Error == SdpError.None ? reader.Build() : null;
        return description is not null;
    }

    private sealed class State
    {
        private SdpOrigin? _origin;
        private string _name = "-";
        private string? _connection;
        private readonly List<SdpAttribute> _attributes = [];
        private readonly List<MediaDescription> _media = [];
        private MediaDescription? _open;
        private string? _openConnection;
        private List<SdpAttribute> _openAttributes = [];

        public int Line { get; private set; }

        public SdpError ReadAll(string body)
        {
            if (body.Length > SessionDescription.MaxBytes)
                return SdpError.TooLarge;
            foreach (var raw in body.AsSpan().EnumerateLines())
            {
                var line = raw.TrimEnd();
                if (line.IsEmpty)
                    continue;
                if (++Line > SessionDescription.MaxLines)
                    return SdpError.TooLarge;
                var error = ReadLine(line);
                if (error != SdpError.None)
                    return error;
            }

            var nothing = Line == 0;
            Line = 0;
            if (nothing)
                return SdpError.Empty;
            CloseMedia();
            return _origin is null ? SdpError.MissingOrigin : SdpError.None;
        }

        public SessionDescription Build() =>
            new()
            {
                Origin = _origin!,
                SessionName = _name,
                ConnectionAddress = _connection,
                Attributes = _attributes,
                Media = _media,
            };

        private SdpError ReadLine(ReadOnlySpan<char> line)
        {
            if (line.Length < 2 || line[1] != '=')
                return SdpError.BadLine;
            foreach (var c in line)
            {
                if (c != '\t' && char.IsControl(c))
                    return SdpError.BadEncoding;
            }

            var value = line[2..];
            if (Line == 1)
                return line[0] == 'v' && value.Trim().SequenceEqual("0") ? SdpError.None : SdpError.BadVersion;
            switch (line[0])
            {
                case 'o':
                    return ReadOrigin(value);
                case 's':
                    _name = value.ToString();
                    return SdpError.None;
                case 'c':
                    return ReadConnection(value);
                case 'm':
                    return ReadMedia(value);
                case 'a':
                    return ReadAttribute(value);
                default:
                    return SdpError.None;
            }
        }

        // o=<username> <sess-id> <sess-version> <nettype> <addrtype> <unicast-address>
        private SdpError ReadOrigin(ReadOnlySpan<char> value)
        {
            var parts = value.ToString().Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (
                parts.Length != 6
                || _origin is not null
                || !parts[1].All(char.IsAsciiDigit)
                || !parts[2].All(char.IsAsciiDigit)
            )
                return SdpError.BadOrigin;
            _origin = new SdpOrigin(parts[0], parts[1], parts[2], parts[5]);
            return SdpError.None;
        }

        // c=<nettype> <addrtype> <connection-address>
        private SdpError ReadConnection(ReadOnlySpan<char> value)
        {
            var parts = value.ToString().Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length != 3 || parts[0] != "IN" || parts[1] is not ("IP4" or "IP6"))
                return SdpError.BadConnection;
            // A multicast TTL or count ("/127") is not for telephony, but harmless to cut off.
            var address = parts[2].Split('/')[0];
            if (address.Length == 0)
                return SdpError.BadConnection;
            if (_open is null)
                _connection ??= address;
            else
                _openConnection ??= address;
            return SdpError.None;
        }

        // m=<media> <port>[/<number of ports>] <proto> <fmt> ...
        private SdpError ReadMedia(ReadOnlySpan<char> value)
        {
            CloseMedia();
            var parts = value.ToString().Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (
                parts.Length < 4
                || !int.TryParse(parts[1].Split('/')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                || port > 65535
            )
                return SdpError.BadMedia;
            if (_media.Count == SessionDescription.MaxMedia || parts.Length - 3 > SessionDescription.MaxFormats)
                return SdpError.TooLarge;
            _open = new MediaDescription
            {
                Kind = parts[0],
                Port = port,
                Protocol = parts[2],
                Formats = parts[3..],
            };
            return SdpError.None;
        }

        // a=<attribute>[:<value>]
        private SdpError ReadAttribute(ReadOnlySpan<char> value)
        {
            var colon = value.IndexOf(':');
            var name = (colon < 0 ? value : value[..colon]).Trim();
            if (name.IsEmpty)
                return SdpError.BadAttribute;
            var attribute = new SdpAttribute(
                name.ToString(),
                colon < 0 ? null : value[(colon + 1)..].Trim().ToString()
            );
            (_open is null ? _attributes : _openAttributes).Add(attribute);
            return SdpError.None;
        }

        private void CloseMedia()
        {
            if (_open is null)
                return;
            _media.Add(_open with { ConnectionAddress = _openConnection, Attributes = _openAttributes });
            _open = null;
            _openConnection = null;
            _openAttributes = [];
        }
    }
}
