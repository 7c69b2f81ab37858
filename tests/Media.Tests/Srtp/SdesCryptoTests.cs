using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>The crypto attribute (RFC 4568).</summary>
public class SdesCryptoTests
{
    /// <summary>RFC 4568 §4.</summary>
    private const string Key = "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";

    public static TheoryData<SrtpSuite> Suites => [.. Enum.GetValues<SrtpSuite>()];

    [Fact]
    public void The_example_of_the_RFC_is_read()
    {
        SdesCrypto.TryRead($"1 AES_CM_128_HMAC_SHA1_80 {Key}|2^20", out var crypto).Should().BeTrue();
        crypto!.Tag.Should().Be(1);
        crypto.Keys.Suite.Should().Be(SrtpSuite.AesCm128HmacSha1Tag80);
        var keyAndSalt = Convert.FromBase64String(Key["inline:".Length..]);
        crypto.Keys.MasterKey.ToArray().Should().Equal(keyAndSalt[..16]);
        crypto.Keys.MasterSalt.ToArray().Should().Equal(keyAndSalt[16..]);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void What_was_written_is_read_again(SrtpSuite suite)
    {
        var keys = SrtpKeys.Create(suite);
        var line = SdesCrypto.Write(999_999_999, keys);
        SdesCrypto.TryRead(line, out var crypto).Should().BeTrue();
        crypto!.Tag.Should().Be(999_999_999);
        crypto.Keys.Matches(keys).Should().BeTrue();
        SdesCrypto.TryRead(line.TrimEnd('='), out crypto).Should().BeTrue("some phones leave the padding out");
        crypto!.Keys.Matches(keys).Should().BeTrue();
    }

    [Theory]
    [InlineData($"0 AES_CM_128_HMAC_SHA1_32 {Key}")]
    [InlineData($"1  AES_CM_128_HMAC_SHA1_80\t{Key}|1048576")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|2^48 WSH=64")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key} -FUTURE=1 -x")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|2^31|1:0")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|1:0")]
    public void What_may_be_ignored_is_ignored(string line)
    {
        SdesCrypto.TryRead(line, out var crypto).Should().BeTrue();
        crypto!.Keys.MasterKey[0].Should().Be((byte)'=');
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80")]
    [InlineData($"01 AES_CM_128_HMAC_SHA1_80 {Key}")]
    [InlineData($"-1 AES_CM_128_HMAC_SHA1_80 {Key}")]
    [InlineData($"1000000000 AES_CM_128_HMAC_SHA1_80 {Key}")]
    [InlineData($"1 F8_128_HMAC_SHA1_80 {Key}")]
    [InlineData($"1 AEAD_AES_128_GCM {Key}")]
    [InlineData($"1 AES_256_CM_HMAC_SHA1_80 {Key}")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:====")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVB")]
    [InlineData("1 AES_CM_128_HMAC_SHA1_80 uri:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|2^20|1:4")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|1:4")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|x:0")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|1:0|2^20")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|2^20|1:0|1:0")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|2^49")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|0")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key}|1:4;{Key}|2:4")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key} KDR=1")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key} UNENCRYPTED_SRTP")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key} UNENCRYPTED_SRTCP")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key} WSH=128 UNAUTHENTICATED_SRTP")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key} FEC_ORDER=FEC_SRTP")]
    [InlineData($"1 AES_CM_128_HMAC_SHA1_80 {Key} FUTURE=1")]
    public void A_line_that_asks_for_what_we_do_not_do_is_not_usable(string line)
    {
        SdesCrypto.TryRead(line, out var crypto).Should().BeFalse();
        crypto.Should().BeNull();
    }

    [Fact]
    public void Keys_are_never_printed()
    {
        SdesCrypto.TryRead($"1 AES_CM_128_HMAC_SHA1_80 {Key}", out var crypto).Should().BeTrue();
        crypto!.ToString().Should().Be("1 AesCm128HmacSha1Tag80 (keys hidden)");
    }
}
