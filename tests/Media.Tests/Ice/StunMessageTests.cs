using System.Net;
using System.Security.Cryptography;
using System.Text;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Ice;

namespace OCPlatform.Media.Tests.Ice;

/// <summary>With the vectors of RFC 5769.</summary>
public class StunMessageTests
{
    private static readonly byte[] TransactionId = Convert.FromHexString("B7E7A701BC34D686FA87DFAE");
    private static readonly byte[] Password = "VOkJxbRl1RmTxUk/WvJxBt"u8.ToArray();

    /// <summary>§2.1: the padding of USERNAME is spaces.</summary>
    private static readonly byte[] SampleRequest = Convert.FromHexString(
        "000100582112A442B7E7A701BC34D686FA87DFAE"
            + "802200105354554E207465737420636C69656E74"
            + "002400046E0001FF"
            + "80290008932FF9B151263B36"
            + "000600096576746A3A68367659202020"
            + "000800149AEAA70CBFD8CB56781EF2B5B2D3F249C1B571A2"
            + "80280004E57A3BCF"
    );

    /// <summary>§2.2.</summary>
    private static readonly byte[] SampleIpv4Response = Convert.FromHexString(
        "0101003C2112A442B7E7A701BC34D686FA87DFAE"
            + "8022000B7465737420766563746F7220"
            + "002000080001A147E112A643"
            + "000800142B91F599FD9E90C38C7489F92AF9BA53F06BE7D7"
            + "80280004C07D4C96"
    );

    /// <summary>§2.3.</summary>
    private static readonly byte[] SampleIpv6Response = Convert.FromHexString(
        "010100482112A442B7E7A701BC34D686FA87DFAE"
            + "8022000B7465737420766563746F7220"
            + "002000140002A1470113A9FAA5D3F179BC25F4B5BED2B9D9"
            + "00080014A382954E4BE67BF11784C97C8292C275BFE3ED41"
            + "80280004C8FB0B4C"
    );

    /// <summary>§2.4: long-term credentials, no fingerprint.</summary>
    private static readonly byte[] SampleLongTermRequest = Convert.FromHexString(
        "000100602112A44278AD3433C6AD72C029DA412E"
            + "00060012E3839EE38388E383AAE38383E382AFE382B90000"
            + "0015001C662F2F3439396B39353464364F4C33346F4C39465354767936347341"
            + "0014000B6578616D706C652E6F726700"
            + "00080014F67024656DD64A3E02B8E0712E85C9A28CA89666"
    );

    [Fact]
    public void The_sample_request_is_read()
    {
        StunMessage.TryParse(SampleRequest, out var message).Should().BeTrue();

        message.Class.Should().Be(StunClass.Request);
        message.Method.Should().Be(StunMessage.Binding);
        message.TransactionId.ToArray().Should().Equal(TransactionId);
        message.Username.SequenceEqual("evtj:h6vY"u8).Should().BeTrue();
        message.Priority.Should().Be(0x6E0001FF);
        message.IceControlled.Should().Be(0x932FF9B151263B36);
        message.IceControlling.Should().BeNull();
        message.UseCandidate.Should().BeFalse();
        message.HasUnknownRequired.Should().BeFalse();
        message.HasValidFingerprint().Should().BeTrue();
        message.HasIntegrityOf(Password).Should().BeTrue();
        message.HasIntegrityOf("wrong"u8).Should().BeFalse();
    }

    [Theory]
    [InlineData(false, "192.0.2.1")]
    [InlineData(true, "2001:db8:1234:5678:11:2233:4455:6677")]
    public void The_sample_responses_are_read(bool isV6, string address)
    {
        StunMessage.TryParse(isV6 ? SampleIpv6Response : SampleIpv4Response, out var message).Should().BeTrue();

        message.Class.Should().Be(StunClass.Success);
        message.TryReadMappedAddress(out var mapped).Should().BeTrue();
        mapped.ToEndPoint().Should().Be(new IPEndPoint(IPAddress.Parse(address), 32853));
        message.HasIntegrityOf(Password).Should().BeTrue();
        message.HasValidFingerprint().Should().BeTrue();
    }

    [Fact]
    public void The_sample_request_with_long_term_credentials_is_read()
    {
        StunMessage.TryParse(SampleLongTermRequest, out var message).Should().BeTrue();

        Encoding.UTF8.GetString(message.Username).Should().Be("\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9");
        message.HasFingerprint.Should().BeFalse();
        var key = MD5.HashData(Encoding.UTF8.GetBytes("\u30DE\u30C8\u30EA\u30C3\u30AF\u30B9:example.org:TheMatrIX"));
        message.HasIntegrityOf(key).Should().BeTrue();
    }

    [Fact]
    public void The_sample_request_is_written()
    {
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, StunClass.Request, StunMessage.Binding, TransactionId);
        writer.AddSoftware("STUN test client"u8);
        writer.AddPriority(0x6E0001FF);
        writer.AddIceControlled(0x932FF9B151263B36);
        writer.AddUsername("evtj:h6vY"u8);
        bytes.AsSpan(writer.Length - 3, 3).Fill((byte)' ');
        writer.AddIntegrity(Password);
        writer.AddFingerprint();

        writer.Written.ToArray().Should().Equal(SampleRequest);
    }

    [Theory]
    [InlineData(false, "192.0.2.1")]
    [InlineData(true, "2001:db8:1234:5678:11:2233:4455:6677")]
    public void The_sample_responses_are_written(bool isV6, string address)
    {
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, StunClass.Success, StunMessage.Binding, TransactionId);
        writer.AddSoftware("test vector"u8);
        bytes[writer.Length - 1] = (byte)' ';
        writer.AddMappedAddress(PeerAddress.From(IPAddress.Parse(address), 32853));
        writer.AddIntegrity(Password);
        writer.AddFingerprint();

        writer.Written.ToArray().Should().Equal(isV6 ? SampleIpv6Response : SampleIpv4Response);
    }

    [Fact]
    public void A_message_cut_anywhere_is_refused()
    {
        for (var length = 0; length < SampleRequest.Length; length++)
            StunMessage
                .TryParse(SampleRequest.AsSpan(0, length), out _)
                .Should()
                .BeFalse($"{length} bytes are not all");
    }

    [Fact]
    public void A_changed_bit_is_noticed()
    {
        for (var bit = 0; bit < 8 * SampleRequest.Length; bit++)
        {
            var bytes = SampleRequest.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var isWhole = StunMessage.TryParse(bytes, out var message);
            (isWhole && message.HasValidFingerprint()).Should().BeFalse($"bit {bit} is another");
            if (isWhole && bit < 8 * (SampleRequest.Length - 8))
                message.HasIntegrityOf(Password).Should().BeFalse($"bit {bit} is another");
        }
    }

    [Fact]
    public void Every_class_and_method_is_read_as_written()
    {
        var bytes = new byte[StunMessage.HeaderBytes];
        foreach (var stunClass in Enum.GetValues<StunClass>())
        {
            for (var method = 0; method < 0x1000; method++)
            {
                var writer = new StunWriter(bytes, stunClass, method, TransactionId);
                StunMessage.TryParse(writer.Written, out var message).Should().BeTrue();
                if (message.Class != stunClass || message.Method != method)
                    Assert.Fail($"{stunClass} {method} was read as {message.Class} {message.Method}");
            }
        }
    }

    [Fact]
    public void What_stands_behind_the_integrity_is_not_believed()
    {
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, StunClass.Request, StunMessage.Binding, TransactionId);
        writer.AddUsername("a:b"u8);
        writer.AddIntegrity(Password);
        writer.AddUseCandidate();
        writer.AddPriority(1);
        writer.Add(0x7FFF, "?"u8);
        writer.AddFingerprint();

        StunMessage.TryParse(writer.Written, out var message).Should().BeTrue();
        message.HasIntegrityOf(Password).Should().BeTrue();
        message.HasValidFingerprint().Should().BeTrue();
        message.UseCandidate.Should().BeFalse();
        message.Priority.Should().BeNull();
        message.HasUnknownRequired.Should().BeFalse();
    }

    [Fact]
    public void Of_an_attribute_that_stands_twice_the_first_counts()
    {
        var writer = new StunWriter(new byte[64], StunClass.Request, StunMessage.Binding, TransactionId);
        writer.AddPriority(1);
        writer.AddPriority(2);

        StunMessage.TryParse(writer.Written, out var message).Should().BeTrue();
        message.Priority.Should().Be(1);
    }

    [Fact]
    public void An_attribute_behind_the_fingerprint_is_refused()
    {
        var writer = new StunWriter(new byte[64], StunClass.Request, StunMessage.Binding, TransactionId);
        writer.AddFingerprint();
        writer.AddUseCandidate();

        StunMessage.TryParse(writer.Written, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(StunAttribute.Priority, 5)]
    [InlineData(StunAttribute.UseCandidate, 1)]
    [InlineData(StunAttribute.IceControlling, 4)]
    [InlineData(StunAttribute.MessageIntegrity, 32)]
    [InlineData(StunAttribute.Fingerprint, 8)]
    [InlineData(StunAttribute.XorMappedAddress, 8)]
    [InlineData(StunAttribute.ErrorCode, 3)]
    public void An_attribute_of_a_length_that_it_cannot_have_is_refused(int type, int length)
    {
        var writer = new StunWriter(new byte[64], StunClass.Request, StunMessage.Binding, TransactionId);
        writer.Add(type, new byte[length]);

        StunMessage.TryParse(writer.Written, out _).Should().BeFalse();
    }

    [Fact]
    public void Unknown_attributes_that_must_be_understood_are_told()
    {
        var writer = new StunWriter(new byte[256], StunClass.Request, StunMessage.Binding, TransactionId);
        writer.Add(0x0003, [0, 0, 0, 2]);
        writer.Add(0xC057, [1, 2, 3, 4]);
        writer.AddPriority(7);
        writer.Add(0x7ABC, "xyz"u8);

        StunMessage.TryParse(writer.Written, out var message).Should().BeTrue();
        message.HasUnknownRequired.Should().BeTrue();
        Span<ushort> types = stackalloc ushort[4];
        var count = message.CopyUnknownRequired(types);
        types[..count].ToArray().Should().Equal(0x0003, 0x7ABC);
        message.CopyUnknownRequired(types[..1]).Should().Be(1);
    }

    [Fact]
    public void An_error_code_is_read_as_written()
    {
        var writer = new StunWriter(new byte[64], StunClass.Error, StunMessage.Binding, TransactionId);
        writer.AddErrorCode(487, "Role Conflict"u8);

        StunMessage.TryParse(writer.Written, out var message).Should().BeTrue();
        message.ErrorCode.Should().Be(487);
    }
}
