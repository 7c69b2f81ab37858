using System.Buffers.Binary;
using System.Net;
using System.Text;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Ice;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Media.Tests.Ice;

public class IceLiteTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 1_000 * Second;
    private const uint Wifi = 0x6E7F1EFF;
    private const uint Mobile = 0x6E7E1EFF;
    private const string Password = "xPyRz0tMAiDzZkLqY4bW/+12";
    private static readonly PeerAddress Home = PeerAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly PeerAddress Away = PeerAddress.From(IPAddress.Parse("198.51.100.9"), 61000);
    private static readonly PeerAddress Attacker = PeerAddress.From(IPAddress.Parse("203.0.113.66"), 5555);

    private static readonly IceCredentials Credentials = new()
    {
        LocalUfrag = "LoCaL123",
        LocalPassword = Password,
        RemoteUfrag = "rem0",
        RemotePassword = "the peer's",
    };

    private readonly IceLite _ice = new(Credentials, Start);
    private readonly byte[] _response = new byte[IceLite.MaxResponseBytes];
    private uint _transaction;

    [Fact]
    public void A_check_is_answered_with_its_source_and_selects_it()
    {
        var check = Check(Wifi, nominates: true);

        var outcome = _ice.OnDatagram(check, Home, Start, _response);

        outcome.Change.Should().Be(IceChange.Selected);
        StunMessage.TryParse(_response.AsSpan(0, outcome.ResponseBytes), out var response).Should().BeTrue();
        response.Class.Should().Be(StunClass.Success);
        response.TransactionId.SequenceEqual(check.AsSpan(8, 12)).Should().BeTrue();
        response.TryReadMappedAddress(out var mapped).Should().BeTrue();
        mapped.Should().Be(Home);
        response.HasIntegrityOf(Encoding.ASCII.GetBytes(Password)).Should().BeTrue();
        response.HasValidFingerprint().Should().BeTrue();
        _ice.Destination.Should().Be(Home);
        Take(Wifi + 1, Away).Should().Be(IceChange.Validated, "it is nominated: a better one alone does not take over");
    }

    [Fact]
    public void An_ipv4_peer_of_a_dual_mode_socket_learns_its_ipv4_address()
    {
        var mapped = PeerAddress.From(IPAddress.Parse("::ffff:192.0.2.1"), 4000);

        var outcome = _ice.OnDatagram(Check(Wifi), mapped, Start, _response);

        StunMessage.TryParse(_response.AsSpan(0, outcome.ResponseBytes), out var response).Should().BeTrue();
        response.TryReadMappedAddress(out var told).Should().BeTrue();
        told.Should().Be(Home);
        _ice.Destination.Should().Be(mapped);
    }

    [Fact]
    public void Before_a_nomination_the_best_valid_source_gets_the_media()
    {
        Take(Mobile, Away).Should().Be(IceChange.Selected);
        Take(Wifi, Home).Should().Be(IceChange.Selected);
        Take(Mobile, Away).Should().Be(IceChange.None);

        _ice.Destination.Should().Be(Home);
    }

    [Fact]
    public void A_nomination_outranks_any_priority()
    {
        Take(Wifi, Home);
        Take(Mobile, Away, nominates: true).Should().Be(IceChange.Selected);
        Take(Wifi, Home).Should().Be(IceChange.None);

        _ice.Destination.Should().Be(Away);
        _ice.IsValid(Home, Start).Should().BeTrue("the peer may still send from there");
    }

    [Fact]
    public void Of_several_nominated_sources_the_highest_priority_wins()
    {
        Take(Mobile, Away, nominates: true);
        Take(Wifi, Home, nominates: true).Should().Be(IceChange.Selected);
        Take(Mobile, Away, nominates: true).Should().Be(IceChange.None);

        _ice.Destination.Should().Be(Home);
    }

    [Fact]
    public void A_rebound_nat_is_followed()
    {
        var rebound = Home.WithPort(4999);
        Take(Wifi, Home, nominates: true);

        Take(Wifi, rebound, nominates: true).Should().Be(IceChange.Selected);

        _ice.Destination.Should().Be(rebound);
    }

    [Fact]
    public void A_lower_nomination_takes_over_from_a_source_that_fell_silent()
    {
        Take(Wifi, Home, nominates: true);
        Take(Mobile, Away, nominates: true, Start + 3 * Second).Should().Be(IceChange.Validated);
        Take(Mobile, Away, nominates: true, Start + 7 * Second).Should().Be(IceChange.Selected);

        _ice.Destination.Should().Be(Away);
    }

    [Fact]
    public void Consent_ends_after_30_s_without_a_check()
    {
        _ice.IsConsentLost(Start + 29 * Second).Should().BeFalse();
        _ice.IsConsentLost(Start + 30 * Second).Should().BeTrue("the peer never came");
        Take(Wifi, Home, nominates: true, Start + 31 * Second);
        _ice.IsConsentLost(Start + 60 * Second).Should().BeFalse();

        _ice.OnDatagram(Check(priority: null), Home, Start + 60 * Second, _response);

        _ice.LastCheckNs.Should().Be(Start + 60 * Second, "a consent check needs no priority");
        _ice.IsConsentLost(Start + 89 * Second).Should().BeFalse();
        _ice.IsConsentLost(Start + 90 * Second).Should().BeTrue();
        _ice.IsValid(Away, Start + 90 * Second).Should().BeFalse();
    }

    [Fact]
    public void A_peer_that_talks_without_checking_keeps_its_consent()
    {
        Take(Wifi, Home, nominates: true);
        Take(Mobile, Away, nominates: false);

        _ice.OnMedia(Home, authenticated: false, Start + 29 * Second);
        _ice.IsConsentLost(Start + 58 * Second).Should().BeFalse();
        _ice.IsConsentLost(Start + 59 * Second).Should().BeTrue();

        _ice.OnMedia(Away, authenticated: false, Start + 29 * Second);
        _ice.IsValid(Away, Start + 40 * Second).Should().BeFalse("anybody may write an address into a packet");
        _ice.OnMedia(Away, authenticated: true, Start + 29 * Second);
        _ice.IsValid(Away, Start + 40 * Second).Should().BeTrue();
        _ice.OnMedia(Attacker, authenticated: true, Start + 29 * Second);
        _ice.IsValid(Attacker, Start + 30 * Second).Should().BeFalse("it never checked");
    }

    [Fact]
    public void A_check_that_overtakes_the_answer_is_taken()
    {
        var ice = new IceLite(Credentials with { RemoteUfrag = "" }, Start);

        ice.OnDatagram(Check(Wifi), Home, Start, _response).Change.Should().Be(IceChange.Selected);
        ErrorCode(ice.OnDatagram(Check(Wifi, username: "LoCaL12:rem0"), Home, Start, _response)).Should().Be(401);
    }

    [Theory]
    [InlineData("LoCaL123:rem0", "wrong", 401)]
    [InlineData("LoCaL123:rem", Password, 401)]
    [InlineData("rem0:LoCaL123", Password, 401)]
    [InlineData("LoCaL123:rem0", null, 400)]
    [InlineData(null, Password, 400)]
    public void A_stranger_is_refused_and_changes_nothing(string? username, string? password, int status)
    {
        Take(Mobile, Home, nominates: true);
        var check = Check(Wifi, nominates: true, username, password);

        var outcome = _ice.OnDatagram(check, Attacker, Start + Second, _response);

        outcome.Change.Should().Be(IceChange.None);
        ErrorCode(outcome).Should().Be(status);
        outcome.ResponseBytes.Should().BeLessThan(check.Length, "an answer must not amplify");
        _ice.Destination.Should().Be(Home);
        _ice.IsValid(Attacker, Start + Second).Should().BeFalse();
    }

    [Fact]
    public void A_flood_of_strangers_is_answered_ten_times_and_then_at_a_slow_rate()
    {
        var answers = 0;
        for (var i = 0; i < 1000; i++)
        {
            if (
                _ice.OnDatagram(
                    Check(Wifi, password: "wrong"),
                    Attacker.WithPort(1024 + i),
                    Start + i * Second / 1000,
                    _response
                ).ResponseBytes > 0
            )
                answers++;
        }

        answers.Should().BeInRange(10, 15, "a burst of 10, and 5 in the second that it took");
        Take(Wifi, Home).Should().Be(IceChange.Selected, "the peer's own checks are not limited");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(5000)]
    public void A_replayed_check_changes_nothing_however_long_ago_it_was(int checksSince)
    {
        var check = Check(Wifi, nominates: true);
        _ice.OnDatagram(check, Home, Start, _response);
        for (var i = 0; i < checksSince; i++)
            Take(Wifi, Home, nominates: true, Start + i * Second / 100);

        var replay = _ice.OnDatagram(check, Attacker, Start + Second, _response);

        replay.Should().Be(new IceOutcome(0, IceChange.None));
        _ice.Destination.Should().Be(Home);
        _ice.IsValid(Attacker, Start + Second).Should().BeFalse();
    }

    [Fact]
    public void A_retransmission_is_answered_the_same_and_renews_no_consent()
    {
        var check = Check(Wifi, nominates: true);
        var first = _ice.OnDatagram(check, Home, Start, _response);
        var answer = _response.AsSpan(0, first.ResponseBytes).ToArray();

        var second = _ice.OnDatagram(check, Home, Start + 29 * Second, _response);

        _response.AsSpan(0, second.ResponseBytes).ToArray().Should().Equal(answer);
        second.Change.Should().Be(IceChange.None);
        _ice.IsConsentLost(Start + 30 * Second)
            .Should()
            .BeTrue("whoever recorded a check cannot keep us sending to a peer that has gone");
    }

    [Fact]
    public void When_checks_cannot_be_told_from_replays_any_more_nothing_moves_the_destination()
    {
        for (var i = 0; i < SeenChecks.Most; i++)
            Take(Wifi, Home, nominates: true);

        Take(Wifi + 1, Attacker, nominates: true, Start + 40 * Second).Should().Be(IceChange.None);

        _ice.Destination.Should().Be(Home);
        Take(Wifi, Home, atNs: Start + 41 * Second);
        _ice.IsConsentLost(Start + 70 * Second).Should().BeFalse("the peer's own checks still count");
    }

    [Fact]
    public void A_peer_that_wants_to_be_controlled_is_told_to_control()
    {
        var outcome = _ice.OnDatagram(Check(Wifi, isControlled: true), Home, Start, _response);

        ErrorCode(outcome).Should().Be(487);
        outcome.Change.Should().Be(IceChange.None);
        StunMessage.TryParse(_response.AsSpan(0, outcome.ResponseBytes), out var response).Should().BeTrue();
        response.HasIntegrityOf(Encoding.ASCII.GetBytes(Password)).Should().BeTrue("it would be ignored otherwise");
    }

    [Fact]
    public void An_attribute_that_must_be_understood_is_refused_by_name()
    {
        var outcome = _ice.OnDatagram(Check(Wifi, unknownType: 0x0003), Home, Start, _response);

        ErrorCode(outcome).Should().Be(420);
        var types = IndexOf(_response.AsSpan(0, outcome.ResponseBytes), StunAttribute.UnknownAttributes);
        BinaryPrimitives.ReadUInt16BigEndian(_response.AsSpan(types + 2)).Should().Be(2);
        BinaryPrimitives.ReadUInt16BigEndian(_response.AsSpan(types + 4)).Should().Be(0x0003);
        _ice.Destination.IsNone.Should().BeTrue();
    }

    [Fact]
    public void What_is_no_check_is_met_with_silence()
    {
        var noFingerprint = Check(Wifi)[..^8];
        BinaryPrimitives.WriteUInt16BigEndian(noFingerprint.AsSpan(2), (ushort)(noFingerprint.Length - 20));
        var indication = Check(Wifi, stunClass: StunClass.Indication);
        var response = Check(Wifi, stunClass: StunClass.Success);

        foreach (var datagram in new[] { noFingerprint, indication, response, [], [0], new byte[20] })
            _ice.OnDatagram(datagram, Home, Start, _response).Should().Be(new IceOutcome(0, IceChange.None));

        _ice.Destination.IsNone.Should().BeTrue();
        _ice.Refused.Should().Be(6);
    }

    [Fact]
    public void A_peer_of_many_addresses_does_not_push_its_destination_out()
    {
        Take(Wifi, Home, nominates: true);
        for (var i = 0; i < 100; i++)
            Take(Mobile, Away.WithPort(2000 + i), atNs: Start + i);

        _ice.Destination.Should().Be(Home);
        _ice.IsValid(Away.WithPort(2099), Start + Second).Should().BeTrue();
        _ice.IsValid(Away.WithPort(2000), Start + Second).Should().BeFalse("it made place for newer ones");
    }

    [Fact]
    public void A_check_costs_no_allocation()
    {
        // The memory of them has grown to its last size before: a step of that is no cost of a check.
        var good = Enumerable.Range(0, SeenChecks.Most).Select(_ => Check(Wifi, nominates: true)).ToArray();
        var bad = Check(Wifi, password: "wrong");
        var next = 0;
        while (next < SeenChecks.Most / 2 + 50)
            Both(next++);

        Allocations.ShouldBeNonePer("a check of the peer and one of a stranger", 500, () => Both(next++));

        _ice.Accepted.Should().Be(next);

        void Both(int i)
        {
            _ice.OnDatagram(good[i], Home, Start + i * Second, _response);
            _ice.OnDatagram(bad, Attacker, Start + i * Second, _response);
        }
    }

    private IceChange Take(uint priority, in PeerAddress source, bool nominates = false, long atNs = Start) =>
        _ice.OnDatagram(Check(priority, nominates), source, atNs, _response).Change;

    private int? ErrorCode(IceOutcome outcome) =>
        StunMessage.TryParse(_response.AsSpan(0, outcome.ResponseBytes), out var response)
        && response.Class == StunClass.Error
        && response.HasValidFingerprint()
            ? response.ErrorCode
            : null;

    private static int IndexOf(ReadOnlySpan<byte> message, int type)
    {
        for (
            var offset = StunMessage.HeaderBytes;
            offset < message.Length;
            offset += 4 + StunMessage.Padded(BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]))
        )
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(message[offset..]) == type)
                return offset;
        }

        throw new InvalidOperationException($"No attribute {type:X4}.");
    }

    private byte[] Check(
        uint? priority,
        bool nominates = false,
        string? username = "LoCaL123:rem0",
        string? password = Password,
        bool isControlled = false,
        int unknownType = 0,
        StunClass stunClass = StunClass.Request
    )
    {
        var id = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(id, ++_transaction);
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, stunClass, StunMessage.Binding, id);
        if (username is not null)
            writer.AddUsername(Encoding.ASCII.GetBytes(username));
        if (priority is { } value)
            writer.AddPriority(value);
        if (unknownType != 0)
            writer.Add(unknownType, [0, 0, 0, 2]);
        if (nominates)
            writer.AddUseCandidate();
        if (isControlled)
            writer.AddIceControlled(42);
        else
            writer.AddIceControlling(42);
        if (password is not null)
            writer.AddIntegrity(Encoding.ASCII.GetBytes(password));
        writer.AddFingerprint();
        return writer.Written.ToArray();
    }
}
