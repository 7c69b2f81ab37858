using System.Text;
using OCPlatform.Sip.Sessions;
using static OCPlatform.Sip.Tests.Sessions.CallSetupTests;
using static OCPlatform.Sip.Tests.Sessions.SessionPair;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>What else may come within a dialog: INFO, MESSAGE, OPTIONS, strangers and rubbish.</summary>
public class InDialogTests
{
    [Theory]
    [InlineData("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5', 160)]
    [InlineData("application/dtmf-relay", "signal = * \nDuration= 90", '*', 90)]
    [InlineData("application/dtmf-relay", "Signal=11", '#', null)]
    [InlineData("application/dtmf-relay", "Signal=a\r\nDuration=-4", 'A', null)]
    [InlineData("application/dtmf-relay", "Signal=1\r\nDuration=99999999999", '1', null)]
    [InlineData("application/dtmf", "7", '7', null)]
    [InlineData("application/dtmf", " # \r\n", '#', null)]
    [InlineData("application/dtmf", "16", '!', null)]
    public void A_key_told_by_info_is_an_event(string type, string body, char key, int? durationMs)
    {
        var pair = Established();
        Info(pair, $"Content-Type: {type}", body).StatusCode.Should().Be(200);
        pair.Callee.Single<SipSessionEvent.DigitReceived>().Digit.Should().Be(new SipDigit(key, durationMs));
    }

    [Theory]
    [InlineData("Content-Type: application/dtmf-relay", "Duration=160", 400, "no key")]
    [InlineData("Content-Type: application/dtmf-relay", "Signal=99", 400, "no key")]
    [InlineData("Content-Type: application/dtmf", "", 200, "OK")]
    [InlineData("Content-Type: application/dtmf", "xx", 400, "no key")]
    [InlineData("Content-Type: application/media_control+xml", "<x/>", 415, "application/dtmf-relay")]
    [InlineData("Content-Type: application/dtmf\nContent-Encoding: gzip", "5", 415, "identity")]
    [InlineData("Info-Package: foo\nContent-Type: application/foo", "x", 469, "Recv-Info:")]
    [InlineData("X: y", "", 200, "OK")]
    public void Other_info_is_answered_as_its_rfc_says(string headers, string body, int status, string says)
    {
        var pair = Established();
        var response = Info(pair, headers, body);
        response.StatusCode.Should().Be(status);
        response.ToString().Should().Contain(says);
        pair.Callee.Saw<SipSessionEvent.DigitReceived>().Should().BeFalse();
    }

    [Fact]
    public void Our_own_keys_are_understood_by_ourselves()
    {
        var pair = Established();
        pair.Caller.Do(s => s.SendInfo(SipDigit.RelayType, new SipDigit('D', 200).ToRelayBody(), pair.Now));
        pair.Pump();
        pair.Callee.Single<SipSessionEvent.DigitReceived>().Digit.Should().Be(new SipDigit('D', 200));
        pair.Caller.Single<SipSessionEvent.InfoAnswered>().Status.Should().Be(200);
    }

    [Fact]
    public void A_message_is_told()
    {
        var pair = Established();
        var message = InDialog(pair.Caller, SipMethod.Message, 9, "Content-Type: text/plain", "hello");
        pair.Inject(pair.Callee, message)!.StatusCode.Should().Be(200);
        Encoding.ASCII.GetString(pair.Callee.Single<SipSessionEvent.MessageReceived>().Body.Span).Should().Be("hello");
    }

    [Fact]
    public void Options_tells_what_we_can_do()
    {
        var pair = Established();
        var response = pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Options, 9))!;
        response.StatusCode.Should().Be(200);
        response.Allow.Should().Contain(["INVITE", "UPDATE", "PRACK", "REFER", "INFO"]);
        response.Supported.Should().Contain(["timer", "replaces", "100rel"]);
        response.Headers["Accept"].Should().Contain("application/sdp");
    }

    [Theory]
    [InlineData(SipMethod.Register, 405)]
    [InlineData(SipMethod.Publish, 405)]
    [InlineData("WHATEVER", 501)]
    public void Other_methods_are_refused_with_allow(string method, int status)
    {
        var pair = Established();
        var response = pair.Inject(pair.Callee, InDialog(pair.Caller, method, 9))!;
        response.StatusCode.Should().Be(status);
        response.Allow.Should().Contain("INVITE");
    }

    [Theory]
    [InlineData(SipMethod.Info)]
    [InlineData(SipMethod.Invite)]
    [InlineData(SipMethod.Update)]
    [InlineData(SipMethod.Refer)]
    public void An_extension_that_nobody_knows_is_420(string method)
    {
        var pair = Established();
        var request = InDialog(pair.Caller, method, 9, "Contact: <sip:caller@192.0.2.1>\nRequire: magic");
        var response = pair.Inject(pair.Callee, request)!;
        (response.StatusCode, response.Headers["Unsupported"]).Should().Be((420, "magic"));
    }

    [Fact]
    public void Numbers_below_the_last_are_500_and_gaps_are_allowed()
    {
        var pair = Established();
        pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Options, 1))!.StatusCode.Should().Be(500);
        pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Options, 500))!.StatusCode.Should().Be(200);
        pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Options, 499))!.StatusCode.Should().Be(500);
    }

    [Fact]
    public void A_stranger_with_wrong_tags_is_481_and_changes_nothing()
    {
        var pair = Established();
        var bye = InDialog(pair.Caller, SipMethod.Bye, 9);
        bye.Headers.Set(SipHeaderId.From, "<sip:caller@192.0.2.1>;tag=guess");
        pair.Inject(pair.Callee, bye)!.StatusCode.Should().Be(481);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
    }

    [Fact]
    public void After_the_end_requests_are_481_but_a_bye_is_answered()
    {
        var pair = Established();
        pair.Callee.Do(s => s.HangUp(null, pair.Now));
        pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Options, 8))!.StatusCode.Should().Be(481);
        pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Bye, 9))!.StatusCode.Should().Be(200);
    }

    [Theory]
    [InlineData("Content-Type: text/html", 415)]
    [InlineData("Content-Type: application/sdp\nSupported: timer\nSession-Expires: 20", 422)]
    public void A_reinvite_that_cannot_be_taken_leaves_the_call(string headers, int status)
    {
        var pair = Established();
        var invite = InDialog(pair.Caller, SipMethod.Invite, 9, $"Contact: <sip:caller@192.0.2.1>\n{headers}", "x");
        pair.Inject(pair.Callee, invite)!.StatusCode.Should().Be(status);
        pair.Callee.Session.Offer.Should().Be(SipOfferState.Stable);
    }

    /// <summary>Every phase against every method with hostile headers: whatever comes back, nothing is thrown, and time ends it.</summary>
    [Fact]
    public void Random_requests_and_responses_never_throw_and_every_session_ends()
    {
        string[] methods =
        [
            "INVITE",
            "ACK",
            "BYE",
            "UPDATE",
            "PRACK",
            "INFO",
            "REFER",
            "NOTIFY",
            "SUBSCRIBE",
            "MESSAGE",
            "OPTIONS",
            "X",
        ];
        string[] headers =
        [
            "Contact: <sip:caller@192.0.2.1>",
            "Contact: <tel:+49>",
            "Contact: *",
            "Session-Expires: 0",
            "Session-Expires: 99999999999",
            "Session-Expires: 100;refresher=uas",
            "Min-SE: 4294967295",
            "Supported: timer, 100rel",
            "Require: timer",
            "RAck: 1 1 INVITE",
            "RSeq: 4294967295",
            "Refer-To: <sip:x@192.0.2.9?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>",
            "Event: refer;id=1",
            "Event: refer",
            "Subscription-State: terminated;reason=\"",
            "Subscription-State: active;expires=4294967295",
            "Content-Type: application/sdp",
            "Content-Type: message/sipfrag",
            "Content-Disposition: render",
            "Reason: SIP;cause=999999999999",
            "Expires: 4294967295",
            "Allow: INVITE, UPDATE",
            "Retry-After: 4294967295",
            "Refer-Sub: false",
            "Info-Package: x",
        ];
        var random = new Random(4711);
        for (var run = 0; run < 400; run++)
        {
            var pair = run % 3 == 0 ? new SessionPair().Call() : Established();
            pair.Drop = _ => random.Next(4) == 0;
            for (var step = 0; step < 12; step++)
            {
                var (us, them) = random.Next(2) == 0 ? (pair.Caller, pair.Callee) : (pair.Callee, pair.Caller);
                if (us.Session.Dialog is not null && them.HasSession)
                {
                    var chosen = string.Join(
                        '\n',
                        Enumerable
                            .Range(0, random.Next(1, 6))
                            .Select(_ => headers[random.Next(headers.Length)])
                            .DistinctBy(h => h[..h.IndexOf(':')])
                    );
                    var body = random.Next(3) == 0 ? "" : "SIP/2.0 200 OK";
                    var method = methods[random.Next(methods.Length)];
                    pair.Inject(them, InDialog(us, method, (uint)random.Next(1, 60), chosen, body));
                }
                Act(us.Session, random, pair.Now);
                foreach (var key in us.Open.Keys.ToList())
                {
                    if (random.Next(3) == 0 && Request(pair, us, key) is { } sent)
                    {
                        us.Session.OnResponse(
                            key,
                            SipResponse.Create(sent, random.Next(100, 700), toTag: "callee-tag"),
                            pair.Now
                        );
                    }
                }
                pair.Pump().Advance(random.NextDouble() * 20);
            }
            pair.Drop = _ => true;
            pair.Caller.Session.HangUp(null, pair.Now);
            pair.Callee.Session.HangUp(null, pair.Now);
            pair.Pump().Advance(TimeSpan.FromHours(2));
            pair.Caller.Session.IsClosed.Should().BeTrue($"run {run}: {string.Join(", ", pair.Ladder)}");
            pair.Callee.Session.IsClosed.Should().BeTrue($"run {run}: {string.Join(", ", pair.Ladder)}");
        }
    }

    private static SipRequest? Request(SessionPair pair, End end, string key) =>
        pair
            .Messages.OfType<SipRequest>()
            .LastOrDefault(r =>
                key.StartsWith(r.Method, StringComparison.OrdinalIgnoreCase) && r.From.Tag == end.Session.LocalTag
            );

    private static void Act(SipSession session, Random random, TimeSpan now)
    {
        var body = random.Next(3) == 0 ? default : OfferBody;
        switch (random.Next(12))
        {
            case 0:
                session.Ring(random.Next(180, 184), body, now);
                break;
            case 1:
                session.Answer(body, now);
                break;
            case 2:
                session.Reoffer(body, now, random.Next(2) == 0);
                break;
            case 3:
                session.Refresh(now);
                break;
            case 4:
                session.AcceptOffer(body, now);
                break;
            case 5:
                session.RejectOffer(488, "no", now);
                break;
            case 6:
                session.Refer(SipUri.Parse("sip:c@192.0.2.3"), null, null, now, out _);
                break;
            case 7:
                foreach (var referral in session.State.Referrals)
                {
                    session.ReportReferral(referral.Id, random.Next(100, 300), now);
                }
                break;
            case 8:
                session.SendInfo("application/dtmf", body, now);
                break;
            case 9:
                foreach (var open in session.State.Unanswered.Where(u => u.Purpose == "Refer"))
                {
                    session.AcceptReferral(
                        ((SipRequest)SipParser.Parse(Convert.FromBase64String(open.Request!))).CSeq.Number.ToString(),
                        now
                    );
                }
                break;
            case 10 when random.Next(4) == 0:
                session.HangUp(SipReason.Sip(486), now);
                break;
        }
    }

    private static SipResponse Info(SessionPair pair, string headers, string body) =>
        pair.Inject(pair.Callee, InDialog(pair.Caller, SipMethod.Info, 9, headers, body))!;
}
