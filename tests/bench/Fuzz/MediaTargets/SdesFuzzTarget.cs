using System.Text;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Bench.Fuzz;

/// <summary>The crypto attribute (RFC 4568): read, written, read again.</summary>
internal sealed class SdesFuzzTarget : FuzzTarget
{
    public override string Name => "sdes";

    public override IReadOnlyList<byte[]> Samples { get; } =
        Bytes(
            "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:4",
            "2 AES_CM_128_HMAC_SHA1_32 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|1048576 WSH=64 -X=1",
            "3 AES_256_CM_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ==|2^31|1:0",
            "4 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw== UNENCRYPTED_SRTCP",
            "5 AEAD_AES_256_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="
        );

    public override IReadOnlyList<byte[]> Words { get; } =
        Bytes(
            "inline",
            "KDR",
            "WSH",
            "UNENCRYPTED_SRTP",
            "UNAUTHENTICATED_SRTP",
            "FEC_ORDER",
            "AEAD_AES_128_GCM",
            "AES_CM_128_HMAC_SHA1_80",
            "2^20",
            "1:1"
        );

    public override IReadOnlyList<byte[]> Lines { get; } =
        Bytes("|2^20", "|1:4", "|1:0", " WSH=1", " -a", ";inline:AAAA", " KDR=1", "=", "==");

    public override string? Run(ReadOnlySpan<byte> input)
    {
        if (!SdesCrypto.TryRead(Encoding.Latin1.GetString(input), out var crypto))
        {
            Check(crypto is null, "a refusal gives no keys");
            return "Unusable";
        }
        var again = SdesCrypto.Write(crypto.Tag, crypto.Keys);
        Check(
            SdesCrypto.TryRead(again, out var second) && second.Tag == crypto.Tag && second.Keys.Matches(crypto.Keys),
            "what was written reads differently"
        );
        return null;
    }
}
