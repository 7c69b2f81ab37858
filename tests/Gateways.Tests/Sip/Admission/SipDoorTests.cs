using Akka.Event;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

/// <summary>The door by itself: what it says to whom.</summary>
public sealed class SipDoorTests
{
    private const string Carrier = "203.0.113.7";
    private const string Stranger = "198.51.100.1";

    private readonly SipGatewayOptions _options = new()
    {
        MaxCalls = 100,
        Trunks =
        [
            new TrunkOptions { Name = "carrier", Addresses = ["203.0.113.0/24"] },
            new TrunkOptions
            {
                Name = "pbx",
                Username = "pbx",
                Password = "pbx-secret",
            },
        ],
        Users = [new SipUserOptions { Name = "alice", Password = "s3cret" }],
    };

    private readonly AdmissionStatus _status = new();
    private readonly FakeTimeProvider _time = new();
    private readonly HashSet<SipRequestKind> _served =
    [
        SipRequestKind.Call,
        SipRequestKind.Replacement,
        SipRequestKind.Register,
    ];
    private SipDoor? _made;
    private string? _refusal;

    private SipDoor Door =>
        _made ??= new SipDoor(_options, _status, _time, NoLogger.Instance, _served)
        {
            NewCallsRefused = () => _refusal,
        };

    [Fact]
    public void A_trunk_is_known_by_its_network_and_asked_for_nothing()
    {
        var decision = Judge(Wire.Request(SipMethod.Invite), Carrier);
        decision.LetsIn.Should().BeTrue();
        decision.Ticket.Should().Be(new RequestIdentity(null, "carrier"));
    }

    [Theory]
    [InlineData("alice", "s3cret", "users", "alice")]
    [InlineData("pbx", "pbx-secret", "pbx", null)]
    public void Trunks_and_users_log_in_by_password(string name, string password, string trunk, string? user) =>
        LogIn(SipMethod.Invite, name, password).Ticket.Should().Be(new RequestIdentity(user, trunk));

    [Theory]
    [InlineData(DigestAlgorithm.Md5, "MD5")]
    [InlineData(DigestAlgorithm.Sha256, "SHA-256")]
    [InlineData(DigestAlgorithm.Sha512T256, "SHA-512-256")]
    public void Passwords_are_proven_by_the_algorithm_that_is_offered(DigestAlgorithm algorithm, string name)
    {
        _options.Admission.DigestAlgorithms = [algorithm];
        var challenge = Judge(Wire.Request(SipMethod.Invite), Stranger).Answer!;
        challenge.Headers[SipHeaderId.WwwAuthenticate].Should().Contain($"algorithm={name},");
        LogIn(SipMethod.Invite, "alice", "s3cret").LetsIn.Should().BeTrue();
        LogIn(SipMethod.Invite, "alice", "guess").LetsIn.Should().BeFalse();
    }

    [Fact]
    public void A_challenge_leaves_no_state_and_comes_with_the_same_tag_again()
    {
        var invite = Wire.Request(SipMethod.Invite);
        var first = Judge(invite, Stranger);
        var again = Judge(invite, Stranger);
        first.LetsIn.Should().BeFalse();
        first.Answer!.StatusCode.Should().Be(SipStatus.Unauthorized);
        again.Answer!.To.Tag.Should().Be(first.Answer.To.Tag);
        Judge(Wire.Request(SipMethod.Invite), Stranger).Answer!.To.Tag.Should().NotBe(first.Answer.To.Tag);
        CallId.TryParse(first.Answer.To.Tag, out _).Should().BeFalse();
    }

    [Fact]
    public void The_ACK_of_a_challenge_ends_at_the_door()
    {
        var invite = Wire.Request(SipMethod.Invite, callId: "acked");
        var tag = Judge(invite, Stranger).Answer!.To.Tag;
        var decision = Judge(Wire.Request(SipMethod.Ack, toTag: tag, callId: "acked"), Stranger);
        decision.LetsIn.Should().BeFalse();
        decision.Answer.Should().BeNull();
    }

    [Fact]
    public void An_unknown_user_and_a_wrong_password_cannot_be_told_apart()
    {
        var wrong = LogIn(SipMethod.Invite, "alice", "guess").Answer!;
        var unknown = LogIn(SipMethod.Invite, "mallory", "guess").Answer!;
        wrong.StatusCode.Should().Be(SipStatus.Forbidden);
        unknown.StatusCode.Should().Be(wrong.StatusCode);
        unknown.ReasonPhrase.Should().Be(wrong.ReasonPhrase);
        unknown
            .Headers.ToList()
            .Select(header => header.Name)
            .Should()
            .Equal(wrong.Headers.ToList().Select(h => h.Name));
        unknown.Headers[SipHeaderId.Warning].Should().Be(wrong.Headers[SipHeaderId.Warning]);
    }

    [Fact]
    public void REGISTER_needs_a_user_even_from_a_trunks_address()
    {
        Judge(Wire.Request(SipMethod.Register), Carrier).Answer!.StatusCode.Should().Be(SipStatus.Unauthorized);
        LogIn(SipMethod.Register, "pbx", "pbx-secret", Carrier).Answer!.StatusCode.Should().Be(SipStatus.Forbidden);
        LogIn(SipMethod.Register, "alice", "s3cret", Carrier)
            .Ticket.Should()
            .Be(new RequestIdentity("alice", RequestIdentity.Users));
    }

    [Fact]
    public void A_trunk_may_demand_address_and_password_both()
    {
        _options.Users.Clear();
        _options.Trunks =
        [
            new TrunkOptions
            {
                Name = "both",
                Addresses = ["203.0.113.0/24"],
                Username = "both",
                Password = "b0th",
            },
        ];
        Judge(Wire.Request(SipMethod.Invite), Carrier).Answer!.StatusCode.Should().Be(SipStatus.Unauthorized);
        LogIn(SipMethod.Invite, "both", "b0th", Carrier).Ticket.Should().Be(new RequestIdentity(null, "both"));
        Judge(Wire.Request(SipMethod.Invite), Stranger).Answer!.StatusCode.Should().Be(SipStatus.Forbidden);
    }

    [Fact]
    public void A_trunk_is_known_by_a_name_in_its_certificate()
    {
        _options.Users.Clear();
        _options.Trunks = [new TrunkOptions { Name = "tls", CertificateNames = ["sip.carrier.example"] }];
        var refusal = Judge(Wire.Request(SipMethod.Invite), Stranger).Answer!;
        refusal.StatusCode.Should().Be(SipStatus.Forbidden);
        refusal.Headers[SipHeaderId.Warning].Should().Contain("belongs to no trunk");
        Door.Judge(Wire.Request(SipMethod.Invite), Wire.From(Stranger, "other.example")).LetsIn.Should().BeFalse();
        var carrier = Wire.From(Stranger, "other.example", "SIP.carrier.example");
        Door.Judge(Wire.Request(SipMethod.Invite), carrier).Ticket.Should().Be(new RequestIdentity(null, "tls"));
        Enumerable.Range(0, 1_000).All(_ => Door.TakesFrom(carrier, isResponse: false)).Should().BeTrue();
    }

    [Fact]
    public void A_user_that_may_not_call_still_registers()
    {
        _options.Users[0].MayCall = false;
        var refusal = (TransactionRefusal)LogIn(SipMethod.Invite, "alice", "s3cret").Ticket!;
        refusal.Response.StatusCode.Should().Be(SipStatus.Forbidden);
        refusal.Response.Headers[SipHeaderId.Warning].Should().Contain("may not call");
        LogIn(SipMethod.Register, "alice", "s3cret")
            .Ticket.Should()
            .Be(new RequestIdentity("alice", RequestIdentity.Users));
    }

    [Fact]
    public void After_too_many_wrong_passwords_none_is_looked_at_and_then_nothing_is_heard()
    {
        _options.Admission.Rates.FailedLoginsPerMinute = 3;
        _options.Admission.Bans.FailedLogins = 5;
        for (var i = 0; i < 3; i++)
        {
            LogIn(SipMethod.Invite, "alice", "guess").Answer!.StatusCode.Should().Be(SipStatus.Forbidden);
        }
        LogIn(SipMethod.Invite, "alice", "s3cret").Answer.Should().BeNull("even the right one is not looked at");
        _status.Silenced[AdmissionReason.TooManyFailedLogins].Should().Be(1);

        for (var i = 0; i < 2; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            LogIn(SipMethod.Invite, "alice", "guess");
        }
        Door.TakesFrom(Wire.From(Stranger), isResponse: false).Should().BeFalse();
        _status.BansBegun.Should().Be(1);
        _status.Bans.Should().ContainSingle().Which.Source.Should().Be(Stranger);

        _time.Advance(TimeSpan.FromMinutes(60));
        Door.TakesFrom(Wire.From(Stranger), isResponse: false).Should().BeTrue("a ban ends");
    }

    [Theory]
    [InlineData("friendly-scanner", "alice")]
    [InlineData("SIPVicious 0.3", "alice")]
    [InlineData("MyPhone", "sipvicious")]
    public void Scanners_get_silence_from_their_first_word(string userAgent, string from)
    {
        var options = Wire.Request(SipMethod.Options, from: from);
        options.Headers.Add(SipHeaderId.UserAgent, userAgent);
        var decision = Judge(options, Stranger);
        (decision.LetsIn, decision.Answer).Should().Be((false, null));
        Door.TakesFrom(Wire.From(Stranger), isResponse: false).Should().BeFalse();
        Door.TakesFrom(Wire.From(Stranger), isResponse: true).Should().BeFalse();
    }

    [Fact]
    public void A_trunks_address_is_never_banned()
    {
        _options.Admission.Bans.Targets = 2;
        for (var i = 0; i < 100; i++)
        {
            var scan = Wire.Request(SipMethod.Options, to: $"{i}");
            scan.Headers.Add(SipHeaderId.UserAgent, "friendly-scanner");
            Judge(scan, Carrier).Answer!.StatusCode.Should().Be(SipStatus.Ok);
            Door.OnMalformed(System.Net.IPAddress.Parse(Carrier));
        }
        Door.TakesFrom(Wire.From(Carrier), isResponse: false).Should().BeTrue();
        _status.Bans.Should().BeEmpty();
    }

    [Fact]
    public void A_source_with_a_logged_in_user_is_not_banned_for_its_neighbours()
    {
        _options.Admission.Bans.FailedLogins = 2;
        LogIn(SipMethod.Register, "alice", "s3cret").LetsIn.Should().BeTrue();
        for (var i = 0; i < 5; i++)
        {
            LogIn(SipMethod.Register, "bob", "guess").Answer!.StatusCode.Should().Be(SipStatus.Forbidden);
        }
        Door.TakesFrom(Wire.From(Stranger), isResponse: false).Should().BeTrue();
        LogIn(SipMethod.Register, "alice", "s3cret").LetsIn.Should().BeTrue();
    }

    [Fact]
    public void Who_calls_many_numbers_without_a_password_is_banned()
    {
        Enumerable
            .Range(0, 60)
            .Any(i =>
            {
                Judge(Wire.Request(SipMethod.Invite, to: $"00{i}441234"), Stranger);
                return !Door.TakesFrom(Wire.From(Stranger), isResponse: true);
            })
            .Should()
            .BeTrue();
        _status.Bans.Should().ContainSingle().Which.Reason.Should().Contain("different users");
    }

    [Fact]
    public void A_stranger_that_is_too_fast_gets_silence_and_a_known_source_503()
    {
        _options.Admission.Rates.MessagesPerSecond = 5;
        _options.Admission.Rates.KnownRequestsPerSecond = 5;
        Enumerable.Range(0, 50).Count(_ => Door.TakesFrom(Wire.From(Stranger), false)).Should().Be(20);
        Door.TakesFrom(Wire.From(Carrier), isResponse: false).Should().BeTrue();

        LogIn(SipMethod.Register, "alice", "s3cret", "198.51.100.2").LetsIn.Should().BeTrue();
        var answers = Enumerable
            .Range(0, 50)
            .Select(_ => Judge(Wire.Request(SipMethod.Invite), "198.51.100.2").Answer!)
            .ToList();
        answers.Count(answer => answer.StatusCode == SipStatus.Unauthorized).Should().Be(20);
        answers[^1].StatusCode.Should().Be(SipStatus.ServiceUnavailable);
        answers[^1].Headers[SipHeaderId.RetryAfter].Should().NotBeNull();
    }

    [Fact]
    public void A_made_up_tag_wakes_few_actors_but_a_calls_own_requests_come_from_anywhere()
    {
        _options.Admission.Rates.StrayDialogRequestsPerSecond = 5;
        var call = CallId.New();
        Door.Begin(call);
        Enumerable
            .Range(0, 1_000)
            .Count(i => Judge(Wire.Request(SipMethod.Bye, toTag: CallId.New().Value), $"198.51.{i % 250}.1").LetsIn)
            .Should()
            .Be(5);
        Judge(Wire.Request(SipMethod.Ack, toTag: CallId.New().Value), Stranger).LetsIn.Should().BeFalse();

        Judge(Wire.Request(SipMethod.Bye, toTag: call.Value), Stranger).LetsIn.Should().BeTrue();
        Judge(Wire.Request(SipMethod.Bye, toTag: CallId.New().Value), Carrier).LetsIn.Should().BeTrue();
        Door.Expect(System.Net.IPAddress.Parse("198.51.100.9"));
        Judge(Wire.Request(SipMethod.Bye, toTag: CallId.New().Value), "198.51.100.9").LetsIn.Should().BeTrue();
        Door.End(call);
        Judge(Wire.Request(SipMethod.Bye, toTag: call.Value), Stranger).LetsIn.Should().BeFalse();
    }

    [Theory]
    [InlineData(SipMethod.Options, SipStatus.Ok)]
    [InlineData(SipMethod.Message, SipStatus.MethodNotAllowed)]
    [InlineData(SipMethod.Refer, SipStatus.MethodNotAllowed)]
    [InlineData(SipMethod.Notify, SipStatus.CallDoesNotExist)]
    [InlineData(SipMethod.Cancel, SipStatus.CallDoesNotExist)]
    [InlineData("FROBNICATE", SipStatus.NotImplemented)]
    public void What_nobody_serves_is_answered_without_state(string method, int status)
    {
        var decision = Judge(Wire.Request(method), Carrier);
        decision.LetsIn.Should().BeFalse();
        decision.Answer!.StatusCode.Should().Be(status);
        decision.Answer.Headers[SipHeaderId.Allow].Should().Contain("INVITE");
    }

    [Fact]
    public void OPTIONS_with_Max_Forwards_of_0_is_answered()
    {
        var options = Wire.Request(SipMethod.Options);
        options.Headers.Set(SipHeaderId.MaxForwards, "0");
        var answer = Judge(options, Carrier).Answer!;
        answer.StatusCode.Should().Be(SipStatus.Ok);
        answer.Headers[SipHeaderId.Supported].Should().Contain("timer");
    }

    [Fact]
    public void OPTIONS_tells_a_balancer_that_the_node_is_being_stopped()
    {
        Door.Drain();
        Judge(Wire.Request(SipMethod.Options), Carrier).Answer!.StatusCode.Should().Be(SipStatus.ServiceUnavailable);
        RefusalOf(Wire.Request(SipMethod.Invite)).StatusCode.Should().Be(SipStatus.ServiceUnavailable);
        _status.RefusedInvites[AdmissionReason.Draining].Should().Be(1);
        _status.RefusedOthers[AdmissionReason.Draining].Should().Be(1);
    }

    [Fact]
    public void While_the_database_is_away_new_calls_are_refused_with_a_time_to_come_back_and_the_cause()
    {
        _refusal = "the database is away";
        var refusal = RefusalOf(Wire.Request(SipMethod.Invite));
        refusal.StatusCode.Should().Be(SipStatus.ServiceUnavailable);
        refusal.Headers[SipHeaderId.RetryAfter].Should().NotBeNullOrEmpty();
        refusal.Headers[SipHeaderId.Warning].Should().Contain("the database is away");
        _status.RefusedInvites[AdmissionReason.DatabaseAway].Should().Be(1);

        _refusal = null;
        Judge(Wire.Request(SipMethod.Invite), Carrier).Ticket.Should().BeOfType<RequestIdentity>();
    }

    [Fact]
    public void A_trunk_has_its_own_limits()
    {
        _options.Trunks[0].MaxCalls = 2;
        Judge(Wire.Request(SipMethod.Invite), Carrier).LetsIn.Should().BeTrue();
        Judge(Wire.Request(SipMethod.Invite), Carrier).Ticket.Should().BeOfType<RequestIdentity>();
        var refusal = RefusalOf(Wire.Request(SipMethod.Invite));
        refusal.Headers[SipHeaderId.Warning].Should().Contain("all 2 calls of trunk carrier are taken");
        Door.Release(new RequestIdentity(null, "carrier"));
        Judge(Wire.Request(SipMethod.Invite), Carrier).Ticket.Should().BeOfType<RequestIdentity>();
    }

    [Fact]
    public void Overload_turns_new_calls_away_by_lot_but_neither_requests_in_calls_nor_calls_of_a_trunk_that_is_never_shed()
    {
        _options.MaxCalls = 10_000;
        _options.Trunks.Add(
            new TrunkOptions
            {
                Name = "emergency",
                Addresses = ["192.0.2.0/24"],
                NeverShed = true,
            }
        );
        for (var i = 0; i < 8; i++)
        {
            Door.Measure(new NodeLoad(21, 0, 100));
        }
        var level = _status.OverloadLevel;
        level.Should().BeInRange(0.3, 0.9);

        var shed = Enumerable
            .Range(0, 1_000)
            .Select(_ => Judge(Wire.Request(SipMethod.Invite), Carrier).Ticket as TransactionRefusal)
            .OfType<TransactionRefusal>()
            .ToList();
        (shed.Count / 1_000.0).Should().BeApproximately(level, 0.1);
        shed.Should().OnlyContain(refusal => refusal.Response.StatusCode == SipStatus.ServiceUnavailable);
        shed.Select(refusal => refusal.Response.RetryAfter).Distinct().Count().Should().BeGreaterThan(5);
        shed[0].Response.Headers[SipHeaderId.Warning].Should().Contain("too busy: the media clock is 21 ms late");

        for (var i = 0; i < 200; i++)
        {
            Judge(Wire.Request(SipMethod.Invite), "192.0.2.1").Ticket.Should().BeOfType<RequestIdentity>();
            Judge(Wire.Request(SipMethod.Bye, toTag: CallId.New().Value), Carrier).LetsIn.Should().BeTrue();
        }
    }

    [Fact]
    public void The_lot_of_a_call_is_the_same_when_it_is_tried_again_at_once()
    {
        _options.MaxCalls = 10_000;
        for (var i = 0; i < 8; i++)
        {
            Door.Measure(new NodeLoad(21, 0, 100));
        }
        for (var i = 0; i < 100; i++)
        {
            Admits($"call-{i}").Should().Be(Admits($"call-{i}"));
        }

        bool Admits(string callId) =>
            Judge(Wire.Request(SipMethod.Invite, callId: callId), Carrier).Ticket is RequestIdentity;
    }

    [Fact]
    public void Without_a_free_RTP_port_no_call_is_taken()
    {
        Door.Measure(new NodeLoad(0, 0, 0));
        RefusalOf(Wire.Request(SipMethod.Invite)).Headers[SipHeaderId.Warning].Should().Contain("RTP port");
        Door.Measure(new NodeLoad(0, 0, 1));
        Judge(Wire.Request(SipMethod.Invite), Carrier).Ticket.Should().BeOfType<RequestIdentity>();
    }

    [Fact]
    public void A_hundred_thousand_strangers_leave_tables_of_the_same_size()
    {
        _options.Admission.Rates.Sources = 1_024;
        _options.Admission.Bans.Sources = 1_024;
        for (var i = 0; i < 100_000; i++)
        {
            var source = $"{1 + i / 65_536}.{i / 256 % 256}.{i % 256}.9";
            if (Door.TakesFrom(Wire.From(source), isResponse: false) && i % 100 == 0)
            {
                Judge(Wire.Request(SipMethod.Invite), source).LetsIn.Should().BeFalse();
            }
        }
        Door.RememberedSources.Should().BeLessThanOrEqualTo(1_024);
    }

    [Fact]
    public void A_user_named_like_a_trunk_or_another_user_or_without_password_is_an_error_at_start()
    {
        Fault(new SipUserOptions { Name = "pbx", Password = "x" }).Should().Contain("username of a trunk");
        Fault(new SipUserOptions { Name = "alice", Password = "x" }).Should().Contain("there twice");
        Fault(new SipUserOptions { Name = "bob" }).Should().Contain("needs a name and a password");

        string Fault(SipUserOptions user)
        {
            var options = new SipGatewayOptions { Trunks = _options.Trunks, Users = [.. _options.Users, user] };
            var act = () => SipUsers.ByName(options);
            return act.Should().Throw<ArgumentException>().Which.Message;
        }
    }

    private SipGateDecision Judge(SipRequest request, string source) => Door.Judge(request, Wire.From(source));

    private SipResponse RefusalOf(SipRequest request) => ((TransactionRefusal)Judge(request, Carrier).Ticket!).Response;

    private SipGateDecision LogIn(string method, string user, string password, string source = Stranger)
    {
        var request = Wire.Request(method, from: user);
        var challenge = Judge(request, source).Answer!;
        return Judge(Wire.WithPassword(request, challenge, user, password), source);
    }
}
