using System.Runtime.Intrinsics;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>The RFCs' examples, byte by byte, with the processor's instructions and with the base class library.</summary>
public class SrtpVectorTests
{
    private const string Key128 = "000102030405060708090a0b0c0d0e0f";
    private const string Key256 = Key128 + "101112131415161718191a1b1c1d1e1f";
    private const string GcmSalt = "517569642070726f2071756f";

    // RFC 7714 §16: "Gallia est omnis divisa in partes tres".
    private const string Rtp =
        "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";

    // RFC 7714 §17: a sender report.
    private const string Rtcp =
        "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
    private const uint RtcpIndex = 0x5d4;

    [Theory]
    [CombineWithPaths(
        "2b7e151628aed2a6abf7158809cf4f3c",
        "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0",
        "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44"
    )]
    [CombineWithPaths(
        "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
        "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31",
        "cea518c90fd91ced9cbb18c078a547113dbc4814f4da5f00a08772b63c6a046d6eb246913062a16891433e97dd01a57f"
    )]
    public void The_key_stream_is_that_of_RFC_3711_B2_and_RFC_6188_7_1(
        string key,
        string firstBlocks,
        string lastBlocks,
        bool intrinsics
    )
    {
        using var counter = AesCounter.Create(Bytes(key), intrinsics);
        var stream = new byte[0xff02 * AesCounter.BlockBytes];
        counter.Apply(Vector128.Create(Bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000")), stream);
        Hex(stream.AsSpan(0, 48)).Should().Be(firstBlocks);
        Hex(stream.AsSpan(0xfeff * 16)).Should().Be(lastBlocks);
    }

    [Theory]
    [CombineWithPaths(
        SrtpSuite.AesCm128HmacSha1Tag80,
        "e1f97a0d3e018be0d64fa32c06de4139",
        "0ec675ad498afeebb6960b3aabe6",
        "c61e7a93744f39ee10734afe3ff7a087",
        "30cbbc08863d8c85d49db34a9ae1",
        "cebe321f6ff7716b6fd4ab49af256a156d38baa4"
    )]
    [CombineWithPaths(
        SrtpSuite.AesCm256HmacSha1Tag80,
        "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6",
        "3b04803de51ee7c96423ab5b78d2",
        "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
        "fa31791685ca444a9e07c6c64e93",
        "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"
    )]
    public void Session_keys_are_those_of_RFC_3711_B3_and_RFC_6188_7_2(
        SrtpSuite suite,
        string masterKey,
        string masterSalt,
        string sessionKey,
        string salt,
        string authentication,
        bool intrinsics
    )
    {
        using var derivation = new SrtpKeyDerivation(
            new SrtpKeys(suite, Bytes(masterKey), Bytes(masterSalt)),
            intrinsics
        );
        Derive(derivation, SrtpLabel.RtpEncryption, sessionKey.Length / 2).Should().Be(sessionKey);
        Derive(derivation, SrtpLabel.RtpSalt, 14).Should().Be(salt);
        Derive(derivation, SrtpLabel.RtpAuthentication, 20).Should().Be(authentication);
    }

    [Theory]
    [CombineWithPaths]
    public void An_authentication_key_of_many_blocks_is_that_of_RFC_3711_B3(bool intrinsics)
    {
        var master = new SrtpKeys(
            SrtpSuite.AesCm128HmacSha1Tag80,
            Bytes("e1f97a0d3e018be0d64fa32c06de4139"),
            Bytes("0ec675ad498afeebb6960b3aabe6")
        );
        using var derivation = new SrtpKeyDerivation(master, intrinsics);
        Derive(derivation, SrtpLabel.RtpAuthentication, 94)
            .Should()
            .Be(
                "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef7227098"
                    + "6371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2"
            );
    }

    [Theory]
    [CombineWithPaths(
        Key128,
        "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
            + "899d7f27beb16a9152cf765ee4390cce"
    )]
    [CombineWithPaths(
        Key256,
        "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
            + "7aa3db36dfffd6b0f9bb7878d7a76c13"
    )]
    public void A_packet_is_that_of_RFC_7714_16(string key, string secured, bool intrinsics)
    {
        using var cipher = new AeadCipher(AesGcmAead.Create(Bytes(key), intrinsics), Bytes(GcmSalt));
        byte[] packet = [.. Bytes(Rtp), .. new byte[16]];
        cipher.SealRtp(packet, 12, 0x5501a0b2, 0xf17b);
        Hex(packet).Should().Be(secured);
        cipher.OpenRtp(packet, 12, 0x5501a0b2, 0xf17b).Should().BeTrue();
        Hex(packet.AsSpan(0, packet.Length - 16)).Should().Be(Rtp);
    }

    [Theory]
    [CombineWithPaths(
        Key128,
        "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
            + "c84aa45896cf4d2fc5abf87245d9eade800005d4"
    )]
    [CombineWithPaths(
        Key256,
        "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
            + "1d1eb30c4446839f57ff6f6cb26ac3be800005d4"
    )]
    public void A_control_packet_is_that_of_RFC_7714_17(string key, string secured, bool intrinsics)
    {
        using var cipher = new AeadCipher(AesGcmAead.Create(Bytes(key), intrinsics), Bytes(GcmSalt));
        byte[] packet = [.. Bytes(Rtcp), .. new byte[20]];
        cipher.SealRtcp(packet, 0x4d617273, RtcpIndex);
        Hex(packet).Should().Be(secured);
        cipher.RtcpIndex(packet).Should().Be(RtcpIndex);
        cipher.OpenRtcp(packet, 0x4d617273).Should().BeTrue();
        Hex(packet.AsSpan(0, packet.Length - 20)).Should().Be(Rtcp);
    }

    [Theory]
    [CombineWithPaths]
    public void A_control_packet_that_is_only_tagged_is_that_of_RFC_7714_17_3(bool intrinsics)
    {
        using var cipher = new AeadCipher(AesGcmAead.Create(Bytes(Key128), intrinsics), Bytes(GcmSalt));
        var packet = Bytes(Rtcp + "841dd9683dd78ec92ae58790125f62b3000005d4");
        cipher.OpenRtcp(packet, 0x4d617273).Should().BeTrue();
        Hex(packet.AsSpan(0, packet.Length - 20)).Should().Be(Rtcp);
        packet[30] ^= 1;
        var tampered = packet.ToArray();
        cipher.OpenRtcp(packet, 0x4d617273).Should().BeFalse();
        packet.Should().Equal(tampered);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    public void Our_GCM_is_that_of_the_base_class_library_at_every_length(int keyBytes)
    {
        var random = new Random(7);
        for (var length = 0; length < 400; length++)
        {
            var key = Random(random, keyBytes);
            using var ours = AesGcmAead.Create(key, intrinsics: true);
            using var theirs = new System.Security.Cryptography.AesGcm(key, 16);
            var (nonce, data, associated) = (
                Random(random, 12),
                Random(random, length),
                Random(random, length * 7 % 90)
            );
            var (expected, expectedTag) = (new byte[length], new byte[16]);
            theirs.Encrypt(nonce, data, expected, expectedTag, associated);
            var (sealedData, tag) = (data.ToArray(), new byte[16]);
            ours.Seal(nonce, associated, sealedData, tag);
            sealedData.Should().Equal(expected);
            tag.Should().Equal(expectedTag);
            ours.Open(nonce, associated, sealedData, tag).Should().BeTrue();
            sealedData.Should().Equal(data);
        }
    }

    private static string Derive(SrtpKeyDerivation derivation, SrtpLabel label, int bytes)
    {
        var key = new byte[bytes];
        derivation.Derive(label, key);
        return Hex(key);
    }

    private static byte[] Random(Random random, int bytes)
    {
        var array = new byte[bytes];
        random.NextBytes(array);
        return array;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
