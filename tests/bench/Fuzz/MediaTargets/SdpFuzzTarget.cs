using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Bench.Fuzz;

/// <summary>Session descriptions (RFC 4566, RFC 8866): read, written, read again, answered, and taken as an answer (RFC 3264).</summary>
internal sealed class SdpFuzzTarget : FuzzTarget
{
    private static readonly LocalSecrets Secrets = new(
        new DtlsFingerprint("sha-256", string.Join(':', Enumerable.Repeat("AB", 32)))
    );
    private static readonly LocalMedia Local = new("192.0.2.1", 10_000, 1, 1) { Secrets = Secrets };
    private static readonly MediaCapabilities OurOrder = new() { PreferOurOrder = true };
    private static readonly MediaCapabilities Everything = new()
    {
        Codecs = Enum.GetValues<AudioCodec>(),
        Srtp = SrtpPolicy.Allowed,
    };
    private static readonly SessionDescription OurOffer = OfferAnswer.Offer(Everything, Local);
    private static readonly SessionDescription[] OurOffers =
    [
        OurOffer,
        .. Enum.GetValues<OfferKind>().Select(kind => OfferedSecurity.Only(OurOffer, kind)),
    ];

    public override string Name => "sdp";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "v=0\r\no=- 3848276298 3848276298 IN IP4 10.0.0.12\r\ns=call\r\nc=IN IP4 10.0.0.12\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8 101\r\n"
                + "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n",
            "v=0\r\no=jdoe 2890844526 2890842807 IN IP6 2001:db8::1\r\ns=SDP Seminar\r\ni=About it\r\nu=http://www.example.com/s.pdf\r\ne=j@example.com (Jane)\r\n"
                + "p=+1 617 555-6011\r\nc=IN IP4 224.2.36.42/127\r\nb=AS:128\r\nt=2873397496 2873404696\r\nr=7d 1h 0 25h\r\nz=2882844526 -1h 2898848070 0\r\n"
                + "k=prompt\r\na=recvonly\r\nm=audio 49170/2 RTP/AVP 0\r\nm=video 51372 RTP/AVP 99\r\na=rtpmap:99 h263-1998/90000\r\n",
            "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1\nm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126\nc=IN IP4 0.0.0.0\na=rtcp:9 IN IP4 0.0.0.0\n"
                + "a=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\na=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3A:4B:65:2E:7D:46:3F:54:42:CD:54:F1\na=setup:actpass\na=mid:0\na=rtcp-mux\na=rtpmap:111 opus/48000/2\na=fmtp:111 minptime=10;useinbandfec=1\na=ptime:20.0\na=maxptime:60\nm=image 0 udptl t38\n",
            "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 4000 RTP/SAVP 9 0 97\na=rtpmap:97 L16/16000\n"
                + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\na=crypto:2 AEAD_AES_128_GCM inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"
        );

    public override IReadOnlyList<byte[]> Words { get; } =
        Bytes(
            "audio",
            "video",
            "IN",
            "IP4",
            "IP6",
            "RTP",
            "AVP",
            "PCMU",
            "pcma",
            "telephone-event",
            "rtpmap",
            "fmtp",
            "ptime",
            "sendonly",
            "inactive",
            "opus",
            "RTP/SAVP",
            "UDP/TLS/RTP/SAVPF",
            "inline:",
            "BUNDLE",
            "passive",
            "0.0.0.0",
            "::",
            "v",
            "m",
            "c",
            "a"
        );

    public override IReadOnlyList<byte[]> Lines { get; } =
        Bytes(
            "v=0\r\n",
            "o=- 1 1 IN IP4 192.0.2.1\r\n",
            "s=\r\n",
            "c=IN IP6 ::1\r\n",
            "c=IN IP4 0.0.0.0\r\n",
            "m=audio 1 RTP/AVP 0\r\n",
            "m=audio 0 RTP/AVP 8\r\n",
            "m=audio 40000 RTP/SAVP 0 8\r\n",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n",
            "a=setup:actpass\r\n",
            "a=ice-ufrag:abcd\r\n",
            "a=ice-pwd:0123456789012345678901\r\n",
            "a=candidate:1 2 UDP 2130706430 192.0.2.10 4001 typ host\r\n",
            "a=ice-lite\r\n",
            "a=fingerprint:sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3A:4B:65:2E:7D:46:3F:54:42:CD:54:F1\r\n",
            "a=setup:active\r\n",
            "a=group:BUNDLE 0\r\n",
            "a=mid:0\r\n",
            "a=rtpmap:0 PCMU/8000/1\r\n",
            "a=rtpmap:8 PCMA\r\n",
            "a=rtpmap:96 telephone-event/16000\r\n",
            "a=sendonly\r\n",
            "a=inactive\r\n",
            "a=ptime:0\r\n",
            "a=ptime:1e9\r\n",
            "a=maxptime:5\r\n",
            "a=rtcp:1\r\n",
            "a=rtcp-mux\r\n",
            "a=\r\n",
            "a=:\r\n",
            "t=0 0\r\n",
            "b=X:y\r\n",
            "\r\n",
            "=\r\n"
        );

    public override string? Run(ReadOnlySpan<byte> input)
    {
        if (!SessionDescription.TryParse(input, out var sdp, out var failure))
        {
            Check(failure.Error != SdpError.None, "a refusal names its error");
            Check(sdp is null, "a refusal gives no description");
            return failure.Error.ToString();
        }
        var text = sdp.ToString();
        if (text.Length <= SessionDescription.MaxBytes)
        {
            Check(
                SessionDescription.TryParse(text, out var again, out var second),
                $"what was written is refused: {second}"
            );
            Check(again!.ToString() == text, "what was written reads differently");
        }
        foreach (var capabilities in (ReadOnlySpan<MediaCapabilities>)[MediaCapabilities.Default, OurOrder, Everything])
        {
            var answer = OfferAnswer.Answer(sdp, capabilities, Local);
            Check(answer.Accepted == (answer.Media is not null), "an answer is either media or a refusal");
            if (answer.Description is { } description)
            {
                Check(
                    description.Media.Count == sdp.Media.Count,
                    "an answer has as many m-lines as its offer (RFC 3264 §6)"
                );
                Check(
                    answer.Media
                        is {
                            RemotePort: > 0 and < 65_536,
                            SendPtimeMs: >= 10 and <= 60,
                            SendPayloadType: >= 0 and < 128
                        },
                    "what was agreed can be sent"
                );
            }
        }
        foreach (var offer in OurOffers)
        {
            if (OfferAnswer.AcceptAnswer(offer, sdp, Everything, Secrets).Media is not { } agreed)
                continue;
            var again = OfferAnswer.Offer(Everything, Local, agreed).Media[agreed.MediaIndex];
            Check(again.Formats.Distinct().Count() == again.Formats.Count, "each number stands for one format");
            Check(again.Formats.Contains($"{agreed.ReceivePayloadType}"), "a format in use keeps its number");
        }
        return null;
    }
}
