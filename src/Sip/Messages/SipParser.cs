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
        return TryParse(buffer.Span, MessageMemory.Of(buffer), out message, out error, limits);
    }

    /// <summary>Parses, then copies the bytes.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out SipMessage? message,
        [NotNullWhen(false)] out SipParseError? error,
        SipParserLimits? limits = null
    ) => TryParse(bytes, MessageMemory.Copied, out message, out error, limits);

    /// <summary>
    /// Parses, then copies the bytes into pooled memory: for those who see every message through to its end. The message, or the request of the
    /// error, has one holder, who calls <see cref="SipMessage.Release"/> when done; a forgotten one falls to the garbage collector.
    /// </summary>
    public static bool TryParsePooled(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out SipMessage? message,
        [NotNullWhen(false)] out SipParseError? error,
        SipParserLimits? limits = null
    ) => TryParse(bytes, MessageMemory.Pooled, out message, out error, limits);

    /// <summary>For messages this process wrote itself, such as those that crossed an actor boundary.</summary>
    /// <exception cref="FormatException">The bytes are no SIP message.</exception>
    public static SipMessage Parse(ReadOnlyMemory<byte> buffer) =>
        TryParse(buffer, out var message, out var error)
            ? message
            : throw new FormatException($"Not a SIP message: {error.Reason}");

    private static bool TryParse(
        ReadOnlySpan<byte> bytes,
        in MessageMemory memory,
        [NotNullWhen(true)] out SipMessage? message,
        [NotNullWhen(false)] out SipParseError? error,
        SipParserLimits? limits
    )
    {
        var reader = new MessageReader(bytes, in memory, limits ?? SipParserLimits.Default);
        message = reader.Read();
        error = message is null ? reader.Error! : null;
        return message is not null;
    }
}
