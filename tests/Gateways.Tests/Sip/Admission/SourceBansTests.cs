using System.Net;
using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

public sealed class SourceBansTests
{
    private static readonly SourceKey Source = SourceKey.Of(IPAddress.Parse("192.0.2.1"));

    [Fact]
    public void A_ban_holds_for_its_time_and_is_then_over()
    {
        var bans = new SourceBans(new SipBanOptions { Minutes = 5 });
        bans.Add(Source, "it is rude", 0).Should().BeTrue();
        bans.Add(Source, "it is rude", 1_000).Should().BeFalse("it is banned already");
        bans.Holds(Source, 299_999).Should().BeTrue();
        bans.Holds(Source, 300_000).Should().BeFalse();
        bans.Add(Source, "it is rude again", 300_000).Should().BeTrue();
    }

    [Fact]
    public void Too_many_wrong_passwords_ban()
    {
        var bans = new SourceBans(new SipBanOptions { FailedLogins = 3 });
        bans.CountFailedLogin(Source, "alice", 0).Should().BeFalse();
        bans.CountFailedLogin(Source, "alice", 0).Should().BeFalse();
        bans.CountFailedLogin(Source, "alice", 0).Should().BeTrue();
        bans.Snapshot(0).Should().ContainSingle().Which.Reason.Should().Be("3 wrong passwords");
    }

    [Fact]
    public void Wrong_passwords_of_long_ago_and_those_before_a_right_one_do_not_count()
    {
        var bans = new SourceBans(new SipBanOptions { FailedLogins = 2 });
        bans.CountFailedLogin(Source, "alice", 0);
        bans.CountFailedLogin(Source, "alice", 600_001).Should().BeFalse();
        bans.Forgive(Source);
        bans.CountFailedLogin(Source, "alice", 600_002).Should().BeFalse();
    }

    [Fact]
    public void Calling_one_number_again_and_again_is_no_scan_but_calling_many_is()
    {
        var bans = new SourceBans(new SipBanOptions { Targets = 16 });
        Enumerable.Range(0, 1_000).Any(_ => bans.CountTarget(Source, "frontdesk", 0)).Should().BeFalse();

        // The hash is another in every process: how many it takes is an estimate.
        var needed = Enumerable.Range(100, 100).TakeWhile(n => !bans.CountTarget(Source, $"{n}", 0)).Count() + 1;
        needed.Should().BeInRange(10, 40);
    }

    [Fact]
    public void Garbage_bans_when_there_is_enough_of_it()
    {
        var bans = new SourceBans(new SipBanOptions { Malformed = 10 });
        Enumerable.Range(0, 9).Any(_ => bans.CountMalformed(Source, 0)).Should().BeFalse();
        bans.CountMalformed(Source, 0).Should().BeTrue();
    }

    [Fact]
    public void With_zero_minutes_nobody_is_banned()
    {
        var bans = new SourceBans(new SipBanOptions { Minutes = 0, FailedLogins = 1 });
        bans.Add(Source, "it is rude", 0).Should().BeFalse();
        bans.CountFailedLogin(Source, "alice", 0).Should().BeFalse();
        bans.Holds(Source, 0).Should().BeFalse();
    }

    [Fact]
    public void The_list_of_bans_says_who_why_how_long_and_how_much_was_dropped()
    {
        var bans = new SourceBans(new SipBanOptions { Minutes = 1 });
        bans.Add(Source, "it is rude", 0);
        bans.Holds(Source, 1_000);
        bans.Holds(Source, 2_000);
        bans.Snapshot(10_000).Should().Equal(new SipBan("192.0.2.1", "it is rude", 50, 2));
        bans.Snapshot(60_000).Should().BeEmpty();
    }

    [Fact]
    public void Bans_beyond_the_table_lift_the_quietest_and_need_no_more_room()
    {
        var bans = new SourceBans(new SipBanOptions { Sources = 64 });
        bans.Add(Source, "it is rude", 0);
        for (var i = 1; i < 5_000; i++)
        {
            bans.Add(SourceKey.Of(new IPAddress(BitConverter.GetBytes(i))), "so are they", i);
            bans.Holds(Source, i).Should().BeTrue("who goes on stays banned");
        }
        bans.Snapshot(5_000).Count.Should().BeLessThanOrEqualTo(64);
    }
}
