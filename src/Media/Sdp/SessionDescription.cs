using System.Diagnostics.CodeAnalysis;

namespace OCPlatform.Media.Sdp;

/// <summary>The o= line (RFC 4566 §5.2). The numbers stay text: peers send more than 64 bits.</summary>
public sealed record SdpOrigin(string Username, string SessionId, string SessionVersion, string Address);

/// <summary>One a= line; <see cref="Value"/> is null for a property attribute.</summary>
public sealed record SdpAttribute(string Name, string? Value = null);

/// <summary>
/// A session description (RFC 4566) with what a telephone call needs. Lines of other types are skipped on reading.
/// </summary>
public sealed record SessionDescription
{
    /// <summary>Longest description read, in bytes. A browser's offer with many candidates stays below 8 kB.</summary>
    public const int MaxBytes = 16 * 1024;

    internal const int MaxLines = 1000;
    internal const int MaxMedia = 32;

    /// <summary>There are no more RTP payload types than this. Each one is looked up among the attributes, so that their product counts.</summary>
    internal const int MaxFormats = 128;

    public required SdpOrigin Origin { get; init; }
    public string SessionName { get; init; } = "-";

    /// <summary>The session-level c= address, or null.</summary>
    public string? ConnectionAddress { get; init; }
    public IReadOnlyList<SdpAttribute> Attributes { get; init; } = [];
    public IReadOnlyList<MediaDescription> Media { get; init; } = [];

    /// <summary>The session-level direction attribute; sendrecv when there is none.</summary>
    public MediaDirection Direction => SdpAttributes.Direction(Attributes) ?? MediaDirection.SendRecv;

    /// <summary>Where media of this m-line goes: its own c= line, else the session's.</summary>
    public string? AddressOf(MediaDescription media) => media.ConnectionAddress ?? ConnectionAddress;

    /// <summary>The m-line's direction: its own attribute, else the session's.</summary>
    public MediaDirection DirectionOf(MediaDescription media) => media.Direction ?? Direction;

    public static bool TryParse(
        ReadOnlySpan<byte> body,
        [NotNullWhen(true)] out SessionDescription? description,
        out SdpFailure failure
    ) => SdpReader.TryRead(body, out description, out failure);

    public static bool TryParse(
        string body,
        [NotNullWhen(true)] out SessionDescription? description,
        out SdpFailure failure
    ) => SdpReader.TryRead(body, out description, out failure);

    /// <summary>The description as sent: CRLF line ends, lines in the order RFC 4566 §5 demands.</summary>
    public override string ToString() => SdpWriter.Write(this);
}

/// <summary>One m= section.</summary>
public sealed record MediaDescription
{
    /// <summary>"audio", "video", "image", …</summary>
    public required string Kind { get; init; }

    /// <summary>0 means rejected or switched off (RFC 3264 §6, §8.2).</summary>
    public required int Port { get; init; }

    /// <summary>The transport, e.g. "RTP/AVP".</summary>
    public required string Protocol { get; init; }

    /// <summary>Payload types as text, in order of preference.</summary>
    public required IReadOnlyList<string> Formats { get; init; }
    public string? ConnectionAddress { get; init; }
    public IReadOnlyList<SdpAttribute> Attributes { get; init; } = [];

    public MediaDirection? Direction => SdpAttributes.Direction(Attributes);

    /// <summary>a=ptime in ms, or null.</summary>
    public int? PtimeMs => SdpAttributes.PositiveInteger(Attributes, "ptime");

    /// <summary>a=maxptime in ms, or null.</summary>
    public int? MaxPtimeMs => SdpAttributes.PositiveInteger(Attributes, "maxptime");

    public bool RtcpMux => SdpAttributes.Find(Attributes, "rtcp-mux") is not null;

    /// <summary>a=rtcp-xr names VoIP metrics (RFC 3611 §5.1).</summary>
    public bool VoipMetrics =>
        SdpAttributes.Find(Attributes, "rtcp-xr")?.Value?.Split(' ').Any(f => f.Split('=')[0] == "voip-metrics")
        == true;

    /// <summary>The port of a=rtcp (RFC 3605), or null.</summary>
    public int? RtcpPort
    {
        get
        {
            var value = SdpAttributes.Find(Attributes, "rtcp")?.Value;
            return value is not null && int.TryParse(value.Split(' ')[0], out var port) && port is > 0 and < 65536
                ? port
                : null;
        }
    }

    /// <summary>The payload formats with their rtpmap (RFC 3551 static assignments where there is none).</summary>
    public IEnumerable<PayloadFormat> PayloadFormats => PayloadFormat.Read(this);
}
