using System.Text;
using OCPlatform.Sip;

namespace OCPlatform.Bench.Fuzz;

/// <summary>Typed headers and multipart bodies: the input is the header part and body of a request that is well formed otherwise.</summary>
internal sealed class HeaderFuzzTarget : FuzzTarget
{
    private static readonly byte[] Head = Encoding.ASCII.GetBytes(
        "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
    );

    public override string Name => "headers";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "P-Asserted-Identity: \"A\" <sip:+1-555@h;user=phone>, <tel:+1555>\r\nP-Preferred-Identity: sip:x@y\r\nPrivacy: id;header;critical\r\n\r\n",
            "Diversion: <sip:bob@h>;reason=user-busy;counter=2;privacy=\"full\", sip:c@h\r\nReason: SIP;cause=302;text=\"Moved\", Q.850 ;cause=16\r\n\r\n",
            "History-Info: <sip:bob@h>;index=1, <sip:bob@1.2.3.4?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1.1;rc=1\r\nWarning: 399 h \"a b\"\r\n\r\n",
            "Content-Type: multipart/mixed;boundary=\"b1\"\r\nMIME-Version: 1.0\r\n\r\n--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1\r\nContent-Type: multipart/alternative;boundary=b2\r\n"
                + "\r\n--b2\r\nContent-Disposition: x;handling=optional\r\n\r\ntext\r\n--b2--\r\n--b1--\r\n",
            "Retry-After: 120 (maybe);duration=60\r\nExpires: 3600\r\nAccept: application/sdp;q=0.5, */*\r\nRequire: 100rel\r\nSession-Expires: 90;refresher=uas\r\nReplaces: c@h;to-tag=1;from-tag=2\r\n\r\n"
        );

    public override IReadOnlyList<byte[]> Words { get; } =
        Bytes(
            "id",
            "none",
            "header",
            "user",
            "reason",
            "counter",
            "privacy",
            "index",
            "rc",
            "mp",
            "np",
            "Reason",
            "SIP",
            "cause",
            "text",
            "boundary",
            "multipart",
            "mixed",
            "b1",
            "b2",
            "handling",
            "optional",
            "Content-Type",
            "application",
            "sdp",
            "base64"
        );

    public override IReadOnlyList<byte[]> Lines { get; } =
        Bytes(
            "Privacy: none\r\n",
            "Diversion: <sip:a@h>;counter=99999999999\r\n",
            "History-Info: <sip:a@h>;index=1.1.1;np=1\r\n",
            "--b1\r\n",
            "--b2\r\n",
            "--b1--\r\n",
            "--b2--\r\n",
            "\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "Content-Disposition: session\r\n",
            "Content-Type: multipart/mixed; boundary=b1\r\n",
            " folded\r\n"
        );

    public override string? Run(ReadOnlySpan<byte> input)
    {
        if (!SipParser.TryParse([.. Head, .. input], out var message, out var error))
        {
            return error!.Reason;
        }
        var copy = SipRequest.Create("INVITE", SipUri.Parse("sip:b@h"), NameAddress.Parse("<sip:a@h>"));
        copy.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP h;branch=z9hG4bK1");
        var identity = SipIdentity.Of(message);
        identity.SetOn(copy);
        _ = (identity.Caller, identity.Number, identity.WantsAnonymity);
        var diversions = SipDiversion.Of(message);
        foreach (var diversion in diversions.Reverse())
        {
            diversion.AddTo(copy);
        }
        var histories = SipHistory.Of(message);
        foreach (var history in histories)
        {
            history.AddTo(copy);
        }
        Check(
            SipParser.TryParse(copy.ToBytes(), out var again, out var second),
            $"typed headers are refused when written: {second?.Reason}"
        );
        Check(SipIdentity.Of(again!).Asserted.Count == identity.Asserted.Count, "an identity is lost in writing");
        Check(SipIdentity.Of(again!).Privacy == identity.Privacy, "privacy is lost in writing");
        Check(SipDiversion.CountOf(again!) == SipDiversion.CountOf(message), "a diversion is lost in writing");
        Check(
            SipHistory
                .Of(again!)
                .Select(h => (h.Index, h.Reason))
                .SequenceEqual(histories.Select(h => (h.Index, h.Reason))),
            "history is lost in writing"
        );
        var readable = SipBody.TryReadParts(message, out var parts);
        Check(parts.Sum(p => p.Content.Length) <= message.Body.Length, "parts are no larger than their body");
        Check(
            !readable
                || SipBody.SessionDescriptionOf(message).HasValue == parts.Any(p => p.ContentType == "application/sdp"),
            "which part?"
        );
        new RequestInspection().Refuse((SipRequest)message);
        return readable ? null : "bad multipart";
    }
}
