using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Sdp;

/// <summary>What we can do, in order of preference.</summary>
public sealed record MediaCapabilities
{
    public static readonly MediaCapabilities Default = new();

    public IReadOnlyList<AudioCodec> Codecs { get; init; } = [AudioCodec.Pcmu, AudioCodec.Pcma];
    public bool TelephoneEvent { get; init; } = true;

    /// <summary>The packet time we offer, and send when the peer does not say, in ms (10–60).</summary>
    public int PtimeMs { get; init; } = 20;

    /// <summary>Accept (and offer) RTP and RTCP on one port (RFC 5761).</summary>
    public bool RtcpMux { get; init; } = true;

    /// <summary>Answer with our preferred codec instead of the offerer's first one.</summary>
    public bool PreferOurOrder { get; init; }

    /// <summary>Whether media is encrypted; without <see cref="LocalMedia.Secrets"/> it never is.</summary>
    public SrtpPolicy Srtp { get; init; }
}

/// <summary>Our end of the media: the address and port to be written into SDP, and the o= line's numbers.</summary>
/// <param name="Address">Numeric IP address the peer can reach.</param>
/// <param name="Port">RTP port; RTCP is one above it.</param>
/// <param name="SessionId">o= sess-id, constant for the life of the dialog.</param>
/// <param name="SessionVersion">o= sess-version, one more for each changed description (RFC 3264 §8).</param>
/// <param name="Direction">What we want; SendOnly or Inactive puts the peer on hold.</param>
public sealed record LocalMedia(
    string Address,
    int Port,
    long SessionId,
    long SessionVersion,
    MediaDirection Direction = MediaDirection.SendRecv
)
{
    /// <summary>What SRTP, DTLS and ICE need from chance; null: plain RTP only.</summary>
    public LocalSecrets? Secrets { get; init; }
}

/// <summary>A payload type that the peer may write, in our numbering.</summary>
/// <param name="Codec">Null: telephone-event.</param>
/// <param name="TelephoneEventRateHz">Of the durations of telephone-event.</param>
public readonly record struct ReceivedFormat(int PayloadType, AudioCodec? Codec, int TelephoneEventRateHz = 0);

/// <summary>
/// What offer and answer agreed on, from our side. Plain data: a call can journal it and start media from it on
/// another node.
/// </summary>
public sealed record NegotiatedMedia
{
    public required AudioCodec Codec { get; init; }

    /// <summary>The payload type we write into packets (the peer's numbering).</summary>
    public required int SendPayloadType { get; init; }

    /// <summary>The payload type the peer writes (our numbering).</summary>
    public required int ReceivePayloadType { get; init; }

    /// <summary>Null when telephone-event was not agreed.</summary>
    public int? SendTelephoneEventType { get; init; }
    public int? ReceiveTelephoneEventType { get; init; }

    /// <summary>
    /// What the peer may send besides: the other formats of our offer (RFC 3264 §5.1). An answer of ours names none.
    /// </summary>
    public IReadOnlyList<ReceivedFormat> OtherFormats { get; init; } = [];

    /// <summary>Rate of the timestamps and durations of telephone-event.</summary>
    public int TelephoneEventRateHz { get; init; } = 8000;

    /// <summary>Packet time we send, in ms (10–60).</summary>
    public int SendPtimeMs { get; init; } = 20;

    /// <summary>From our side. Not CanSend, or not CanReceive, means a hold of some kind.</summary>
    public MediaDirection Direction { get; init; } = MediaDirection.SendRecv;

    /// <summary>Where the peer says it receives RTP; the real source may differ behind a NAT.</summary>
    public required string RemoteAddress { get; init; }
    public required int RemotePort { get; init; }
    public required int RemoteRtcpPort { get; init; }

    /// <summary>RTP and RTCP share one port.</summary>
    public bool RtcpMux { get; init; }

    /// <summary>The peer reads RTCP extended reports of VoIP metrics (RFC 3611 §5.1).</summary>
    public bool ExtendedReports { get; init; }

    /// <summary>The m-line's transport, e.g. "RTP/AVP".</summary>
    public string Protocol { get; init; } = "RTP/AVP";

    /// <summary>The m-line's a=mid (RFC 5888), and whether it is the head of a BUNDLE group (RFC 9143); null for none.</summary>
    public string? Mid { get; init; }
    public bool Bundled { get; init; }

    /// <summary>Null: plain RTP.</summary>
    public MediaSecurity? Security { get; init; }

    /// <summary>Null: no ICE.</summary>
    public IceCredentials? Ice { get; init; }

    public required string LocalAddress { get; init; }
    public required int LocalPort { get; init; }

    /// <summary>Our o= line, so that the next description can carry on from it.</summary>
    public required long SessionId { get; init; }
    public required long SessionVersion { get; init; }

    /// <summary>The peer's m-lines and which one is the audio, so that a re-offer keeps their order (RFC 3264 §8).</summary>
    public int MediaIndex { get; init; }
    public int MediaCount { get; init; } = 1;

    /// <summary>What a payload type that the peer wrote stands for; false: it was not agreed.</summary>
    public bool TryFind(int payloadType, out ReceivedFormat format)
    {
        if (payloadType == ReceivePayloadType)
        {
            format = new ReceivedFormat(payloadType, Codec);
            return true;
        }

        if (payloadType == ReceiveTelephoneEventType)
        {
            format = new ReceivedFormat(payloadType, null, TelephoneEventRateHz);
            return true;
        }

        // By index: an enumerator would be allocated.
        for (var i = 0; i < OtherFormats.Count; i++)
        {
            format = OtherFormats[i];
            if (format.PayloadType == payloadType)
                return true;
        }

        format = default;
        return false;
    }

    /// <summary>The name for records and metrics, e.g. "PCMU".</summary>
    public string CodecName => Codec.EncodingName();

    /// <summary>True when the peer has stopped listening to us or us to it.</summary>
    public bool OnHold => Direction != MediaDirection.SendRecv;
}
