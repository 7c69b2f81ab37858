using System.Net;
using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

public sealed class SourceTableTests
{
    [Fact]
    public void A_million_sources_take_no_more_room_than_the_first()
    {
        var table = new SourceTable<Mark>(1024);
        var address = new byte[4];
        for (var i = 0; i < 1_000; i++)
        {
            Take(table, i);
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000_000; i++)
        {
            BitConverter.TryWriteBytes(address, i);
            table.Take(KeyOf(address), i);
        }
        var perSource = (GC.GetAllocatedBytesForCurrentThread() - before) / 1_000_000;

        table.Count.Should().BeLessThanOrEqualTo(table.Capacity);
        table.Capacity.Should().Be(1024);
        // The test's own IPAddress, and nothing of the table.
        perSource.Should().BeLessThan(64);
    }

    [Fact]
    public void What_is_looked_at_often_stays_while_others_come_and_go()
    {
        var table = new SourceTable<Mark>(64);
        var busy = SourceKey.Of(IPAddress.Parse("192.0.2.1"));
        table.Take(busy, 0).Count = 7;
        for (var i = 1; i < 10_000; i++)
        {
            Take(table, i, nowMs: i);
            table.Look(busy, i).Count.Should().Be(7);
        }
    }

    [Fact]
    public void A_source_that_was_removed_begins_anew()
    {
        var table = new SourceTable<Mark>(8);
        var source = SourceKey.Of(IPAddress.Loopback);
        table.Take(source, 0).Count = 1;
        table.Remove(source);
        table.Look(source, 1).Count.Should().Be(0);
        table.Count.Should().Be(0);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("0.0.0.1", "::1", false)]
    public void IPv6_counts_by_64_bits_and_IPv4_by_address(string one, string other, bool same) =>
        (SourceKey.Of(IPAddress.Parse(one)) == SourceKey.Of(IPAddress.Parse(other))).Should().Be(same);

    [Theory]
    [InlineData("192.0.2.200", "192.0.2.200")]
    [InlineData("::ffff:192.0.2.200", "192.0.2.200")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::/64")]
    public void A_source_is_written_as_address_or_network(string address, string text) =>
        SourceKey.Of(IPAddress.Parse(address)).ToString().Should().Be(text);

    private static void Take(SourceTable<Mark> table, int number, long nowMs = 0) =>
        table.Take(KeyOf(BitConverter.GetBytes(number)), nowMs);

    private static SourceKey KeyOf(byte[] address) => SourceKey.Of(new IPAddress(address));

    private struct Mark
    {
        public int Count;
    }
}
