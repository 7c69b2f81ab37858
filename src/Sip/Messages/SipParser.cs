using System.Diagnostics.CodeAnalysis;

namespace OCPlatform.Sip;

/// <summary>
/// Parses one whole message (RFC 3261 §7, §25). Every malformed input gives a <see cref="SipParseError"/>, never an exception.
/// The start line, the framing and the headers that every element must understand (Via, From, To, Call-ID, CSeq,
/// Max-Forwards, Content-Length, Contact, Route, Record-Route) are checked here, without allocating; other headers are
/// read when asked for, and read as absent when malformed.
/// </summary>
public static class SipParser
{
    /// <summary>Parses over the given buffer, which the message keeps: the caller must not change it afterwards.</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> buffer,
        [NotNullWhen(true)] out SipMessage? message,
        [NotNullWhen(false)] out SipParseError? error,
        SipParserLimits? limits = null
    )
    {
        var reader = new MessageReader(buffer, limits ?? SipParserLimits.Default);
        message = reader.Read();
        error = message is null ? reader.Error : null;
        return message is not null;
    }

    /// <summary>Copies the bytes, then parses.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out SipMessage? message,
        [NotNullWhen(false)] out SipParseError? error,
        SipParserLimits? limits = null
    ) => TryParse((ReadOnlyMemory<byte>)bytes.ToArray(), out message, out error, limits);

    /// <summary>For messages this process wrote itself, such as those that crossed an actor boundary.</summary>
    /// <exception cref="FormatException">The bytes are no SIP message.</exception>
    public static SipMessage Parse(ReadOnlyMemory<byte> buffer) =>
        TryParse(buffer, out var message, out var error)
            ? message
            : throw new FormatException($"Not a SIP message: {error.Reason}");
}
