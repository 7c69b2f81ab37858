using System.Net;
using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Tests.Engine;

public class SourceLatchTests
{
    private const long Ms = 1_000_000;
    private static readonly PeerAddress Signalled = PeerAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly PeerAddress Nat = PeerAddress.From(IPAddress.Parse("198.51.100.9"), 61000);
    private static readonly PeerAddress Attacker = PeerAddress.From(IPAddress.Parse("203.0.113.66"), 5555);

    private static SourceLatch Open()
    {
        var latch = new SourceLatch(window: 50);
        latch.Signal(Signalled, 0);
        return latch;
    }

    [Fact]
    public void The_signalled_address_is_heard_from_its_first_packet()
    {
        var latch = Open();
        latch.Destination.Should().Be(Signalled);

        latch.Accept(Signalled, 1, 10, 0).Should().BeTrue();

        latch.Accept(Attacker, 1, 11, 20 * Ms).Should().BeFalse();
        latch.Accept(Attacker, 1, 12, 40 * Ms).Should().BeFalse();
        latch.Destination.Should().Be(Signalled);
    }

    [Fact]
    public void A_caller_behind_a_nat_latches_with_two_packets_in_sequence()
    {
        var latch = Open();

        latch.Accept(Nat, 1, 10, 0).Should().BeFalse();
        latch.Accept(Nat, 1, 11, 20 * Ms).Should().BeTrue();

        latch.Destination.Should().Be(Nat);
    }

    [Fact]
    public void A_spray_without_a_sequence_latches_nothing()
    {
        var latch = Open();
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
            latch
                .Accept(Attacker.WithPort(1024 + i % 3), (uint)random.Next(), (ushort)random.Next(), i * Ms)
                .Should()
                .BeFalse();

        latch.Destination.Should().Be(Signalled);
    }

    [Fact]
    public void The_signalled_address_takes_over_within_the_window_only()
    {
        var early = Open();
        early.Accept(Nat, 1, 10, 0);
        early.Accept(Nat, 1, 11, 20 * Ms);
        early.Accept(Signalled, 2, 70, 40 * Ms).Should().BeTrue();
        early.Destination.Should().Be(Signalled);
        early.Accept(Nat, 1, 12, 60 * Ms).Should().BeFalse();

        var late = Open();
        for (ushort i = 0; i < 60; i++)
            late.Accept(Nat, 1, i, i * 20 * Ms);
        late.Accept(Signalled, 2, 70, 1220 * Ms).Should().BeFalse();
        late.Destination.Should().Be(Nat);
    }

    [Fact]
    public void Nobody_hijacks_a_call_in_progress_even_knowing_its_numbers()
    {
        var latch = Open();
        for (ushort i = 0; i < 500; i++)
        {
            latch.Accept(Signalled, 1, i, i * 20 * Ms).Should().BeTrue();
            latch.Accept(Attacker, 1, (ushort)(i + 1), i * 20 * Ms + Ms).Should().BeFalse();
        }

        latch.Destination.Should().Be(Signalled);
    }

    [Fact]
    public void A_rebound_nat_is_followed_after_silence_if_it_carries_the_same_stream_on()
    {
        var latch = Open();
        latch.Accept(Signalled, 1, 100, 0);

        latch.Accept(Nat, 2, 101, 1500 * Ms).Should().BeFalse("another stream");
        latch.Accept(Nat, 1, 90, 1520 * Ms).Should().BeFalse("not what comes next");
        latch.Accept(Nat, 1, 175, 1540 * Ms).Should().BeFalse("the first of two");
        latch.Accept(Nat, 1, 176, 1560 * Ms).Should().BeTrue();

        latch.Destination.Should().Be(Nat);
    }

    [Fact]
    public void A_new_agreement_opens_it_again_but_the_same_address_or_a_hold_does_not()
    {
        var latch = Open();
        latch.Accept(Nat, 1, 10, 0);
        latch.Accept(Nat, 1, 11, 20 * Ms);

        latch.Signal(Signalled, 0);
        latch.Destination.Should().Be(Nat);
        latch.Signal(PeerAddress.From(IPAddress.Any, 4000), 0);
        latch.Destination.Should().Be(Nat);

        var moved = Signalled.WithPort(4100);
        latch.Signal(moved, 0);
        latch.Destination.Should().Be(moved);
        latch.Accept(moved, 3, 1, 40 * Ms).Should().BeTrue();
    }

    [Fact]
    public void After_a_change_of_party_the_former_one_does_not_latch_again()
    {
        var latch = Open();
        latch.Accept(Nat, 1, 10, 0);
        latch.Accept(Nat, 1, 11, 20 * Ms);
        var next = PeerAddress.From(IPAddress.Parse("192.0.2.77"), 4200);

        latch.Signal(next, 1000 * Ms);
        for (ushort i = 12; i < 100; i++)
            latch.Accept(Nat, 1, i, 1000 * Ms + i * 20 * Ms).Should().BeFalse("the former party has not stopped yet");
        latch.Destination.Should().Be(next);

        latch.Accept(Attacker, 7, 1, 3100 * Ms).Should().BeFalse("the first of two");
        latch.Accept(Attacker, 7, 2, 3120 * Ms).Should().BeTrue("the new party is behind a NAT of its own");
    }

    [Fact]
    public void The_former_party_is_heard_at_once_when_it_is_signalled_and_after_a_while_in_any_case()
    {
        var latch = Open();
        latch.Accept(Signalled, 1, 10, 0).Should().BeTrue();
        latch.Signal(Signalled.WithPort(4100), 100 * Ms);
        latch.Signal(Signalled, 200 * Ms);
        latch.Accept(Signalled, 1, 11, 220 * Ms).Should().BeTrue("it is signalled");

        latch.Signal(Signalled.WithPort(4100), 1000 * Ms);
        latch.Accept(Signalled, 1, 12, 4100 * Ms).Should().BeFalse("the first of two");
        latch.Accept(Signalled, 1, 13, 4120 * Ms).Should().BeTrue("the description was wrong and it never moved");
    }

    [Theory]
    [InlineData("192.0.2.1", 16)]
    [InlineData("2001:db8::5", 28)]
    public void Addresses_survive_the_systems_form(string address, int length)
    {
        var peer = PeerAddress.From(IPAddress.Parse(address), 40123);
        Span<byte> sockaddr = stackalloc byte[PeerAddress.MaxBytes];

        peer.ToSockaddr(sockaddr).Should().Be(length);

        PeerAddress.FromSockaddr(sockaddr).Should().Be(peer);
        peer.ToEndPoint().Should().Be(new IPEndPoint(IPAddress.Parse(address), 40123));
    }
}
