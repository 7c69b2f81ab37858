namespace OCPlatform.Sip;

/// <summary>The rules of RFC 3261 §7, §20 and §25 that a message may break.</summary>
public enum SipParseErrorKind
{
    /// <summary>Not SIP at all: no start line could be read.</summary>
    BadStartLine,
    UnsupportedVersion,
    BadMethod,
    BadRequestUri,
    BadStatusCode,

    /// <summary>A line without colon, a name that is no token, or a fold before the first header.</summary>
    BadHeaderLine,

    /// <summary>The header part does not end with an empty line.</summary>
    Truncated,

    /// <summary>The body is shorter than Content-Length.</summary>
    BodyTruncated,
    BadContentLength,
    MissingHeader,
    DuplicateHeader,
    BadHeaderValue,

    /// <summary>The method of CSeq is not that of the request line.</summary>
    CSeqMethodMismatch,
    MessageTooLarge,
    TooManyHeaders,
    HeaderTooLong,
}

/// <summary>Why a message was refused.</summary>
/// <param name="Kind">What rule it broke.</param>
/// <param name="Offset">Where, in bytes from its start.</param>
/// <param name="Header">The header at fault, if one is.</param>
/// <param name="Request">
/// For a request that can be answered (it has Via and CSeq) the message, else null. Only good for <see cref="SipResponse.Create"/> and
/// <see cref="Transactions.ResponseRouting"/>: any part of it may be missing or malformed.
/// </param>
/// <param name="Status">The status to answer with: 400, 505, 513 …</param>
public sealed record SipParseError(
    SipParseErrorKind Kind,
    int Offset,
    SipHeaderId Header = SipHeaderId.Unknown,
    SipRequest? Request = null,
    int Status = SipStatus.BadRequest
)
{
    /// <summary>A short reason for a status line or log: names rule and header, never text from the message.</summary>
    public string Reason => Header == SipHeaderId.Unknown ? Kind.ToString() : $"{Kind} {SipHeaderNames.NameOf(Header)}";
}

/// <summary>Size caps of the parser; one over the cap is an error, not a cut.</summary>
public sealed class SipParserLimits
{
    public static readonly SipParserLimits Default = new();

    /// <summary>Whole message, in bytes; 65,535 at most, since slices are 16 bits.</summary>
    public int MaxMessageBytes { get; init; } = 65_535;

    /// <summary>Header lines of a message.</summary>
    public int MaxHeaders { get; init; } = 128;

    /// <summary>One header line with its folds, in bytes.</summary>
    public int MaxHeaderBytes { get; init; } = 8_192;
}
