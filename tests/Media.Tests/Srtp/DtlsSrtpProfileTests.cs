using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>Profiles and keys of a DTLS handshake (RFC 5764).</summary>
public class DtlsSrtpProfileTests
{
    [Fact]
    public void Ids_are_those_of_the_registry()
    {
        DtlsSrtpProfile.Suites.Select(DtlsSrtpProfile.Id).Should().Equal(0x0008, 0x0007, 0x0001, 0x0002);
        foreach (var suite in DtlsSrtpProfile.Suites)
        {
            DtlsSrtpProfile.TryFromId(DtlsSrtpProfile.Id(suite), out var again).Should().BeTrue();
            again.Should().Be(suite);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(0x0005)]
    [InlineData(0x0006)]
    [InlineData(0x10001)]
    public void A_profile_that_is_not_ours_is_refused(int id) =>
        DtlsSrtpProfile.TryFromId(id, out _).Should().BeFalse();

    [Theory]
    [InlineData(SrtpSuite.AeadAes256Gcm, 88)]
    [InlineData(SrtpSuite.AeadAes128Gcm, 56)]
    [InlineData(SrtpSuite.AesCm128HmacSha1Tag80, 60)]
    [InlineData(SrtpSuite.AesCm128HmacSha1Tag32, 60)]
    public void The_exported_block_holds_keys_then_salts(SrtpSuite suite, int bytes)
    {
        DtlsSrtpProfile.ExportedBytes(suite).Should().Be(bytes);
        var block = Enumerable.Range(1, bytes).Select(i => (byte)i).ToArray();
        var (client, server) = DtlsSrtpProfile.Split(suite, block);
        byte[] again = [.. client.MasterKey, .. server.MasterKey, .. client.MasterSalt, .. server.MasterSalt];
        again.Should().Equal(block);
        FluentActions.Invoking(() => DtlsSrtpProfile.Split(suite, block.AsSpan(1))).Should().Throw<ArgumentException>();
    }
}
