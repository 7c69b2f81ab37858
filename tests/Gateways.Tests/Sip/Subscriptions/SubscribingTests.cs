using System.Xml.Linq;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Subscriptions;

/// <summary>SUBSCRIBE and NOTIFY through a whole gateway, with calls that pass it.</summary>
public sealed class SubscribingTests : SipNode
{
    private static readonly XNamespace Ns = "urn:ietf:params:xml:ns:dialog-info";

    [Fact]
    public void A_watcher_sees_a_call_ring_answered_and_over()
    {
        Start();
        var lamp = Phone("alice");
        var response = Subscribe(lamp);
        response.StatusCode.Should().Be(200);
        response.Expires.Should().Be(3600);
        response.Contact!.Uri.ToString().Should().Be($"sip:frontdesk@{Status.Local}");
        var first = lamp.ReceiveRequest(SipMethod.Notify);
        first.Headers[SipHeaderId.Event].Should().Be("dialog");
        first.Headers[SipHeaderId.SubscriptionState].Should().Be("active;expires=3600");
        first.ContentType.Should().Be("application/dialog-info+xml");
        first.RequestUri.ToString().Should().Be($"sip:alice@{lamp.Address}");
        first.From.Tag.Should().Be(response.To.Tag);
        Told(first).Should().Be("0 full");

        var caller = Phone("bob");
        var invite = caller.Begin(Invite(caller));
        var call = Calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
        Told(lamp.ReceiveRequest(SipMethod.Notify)).Should().Be("1 partial trying sip:bob@127.0.0.1");
        Answer(call, invite, SipStatus.Ringing);
        Told(lamp.ReceiveRequest(SipMethod.Notify)).Should().Be("2 partial early sip:bob@127.0.0.1");
        Answer(call, invite, SipStatus.Ok);
        Told(lamp.ReceiveRequest(SipMethod.Notify)).Should().Be("3 partial confirmed sip:bob@127.0.0.1");

        var bye = caller.Request(SipMethod.Bye);
        bye.To = bye.To.WithTag(call.CallId.Value);
        caller.Send(bye);
        // Over is what the call says is over.
        var arrived = Calls.ExpectMsg<SipGatewayEvents.RequestArrived>();
        var ok = SipResponse.Create(bye, SipStatus.Ok);
        Gateway.Tell(new SipGatewayCommands.SendResponse(arrived.TransactionId!, SipStatus.Ok, ok.ToBytes()), Calls);

        Told(lamp.ReceiveRequest(SipMethod.Notify)).Should().Be("4 partial terminated sip:bob@127.0.0.1");
    }

    [Fact]
    public void Who_comes_later_is_told_of_the_calls_there_are_and_no_other_numbers_calls()
    {
        Start();
        var caller = Phone("bob");
        var invite = caller.Begin(Invite(caller));
        Answer(Calls.ExpectMsg<SipGatewayEvents.InviteArrived>(), invite, SipStatus.Ok);
        var second = Phone("bob");
        var other = Invite(second);
        other.RequestUri = SipUri.Parse("sip:sales@127.0.0.1");
        second.Begin(other);
        Calls.ExpectMsg<SipGatewayEvents.InviteArrived>();
        var lamp = Phone("alice");

        Subscribe(lamp, expires: "0").Expires.Should().Be(0);

        var only = lamp.ReceiveRequest(SipMethod.Notify);
        Told(only).Should().Be("0 full confirmed sip:bob@127.0.0.1");
        only.Headers[SipHeaderId.SubscriptionState].Should().Be("terminated;reason=timeout");
    }

    [Fact]
    public void It_is_refreshed_ended_and_then_unknown()
    {
        Start();
        var lamp = Phone("alice");
        var subscribe = SubscribeRequest(lamp, "600");
        var response = lamp.Ask(subscribe);
        lamp.ReceiveRequest(SipMethod.Notify);

        var refreshed = lamp.Ask(InDialog(subscribe, response, 100, "900"));
        refreshed.StatusCode.Should().Be(200);
        refreshed.Expires.Should().Be(900);
        lamp.ReceiveRequest(SipMethod.Notify).Headers[SipHeaderId.SubscriptionState].Should().Be("active;expires=900");
        lamp.Ask(InDialog(subscribe, response, 99, "900")).StatusCode.Should().Be(500, "its CSeq does not rise");
        lamp.Ask(InDialog(subscribe, response, 101, "5")).StatusCode.Should().Be(423);

        lamp.Ask(InDialog(subscribe, response, 102, "0")).StatusCode.Should().Be(200);
        lamp.ReceiveRequest(SipMethod.Notify)
            .Headers[SipHeaderId.SubscriptionState]
            .Should()
            .Be("terminated;reason=timeout");

        AwaitAssert(() => lamp.Ask(InDialog(subscribe, response, 103, "900")).StatusCode.Should().Be(481));
    }

    [Theory]
    [InlineData(481)]
    [InlineData(489)]
    public void A_watcher_that_knows_nothing_of_it_is_not_told_again(int status)
    {
        Start();
        var lamp = Phone("alice");
        var subscribe = SubscribeRequest(lamp);
        var response = lamp.Ask(subscribe);

        lamp.ReceiveRequest(SipMethod.Notify, status);

        AwaitAssert(() => lamp.Ask(InDialog(subscribe, response, 103, "900")).StatusCode.Should().Be(481));
    }

    [Fact]
    public void Other_packages_are_489_with_the_one_there_is()
    {
        Start();
        var lamp = Phone("alice");
        var subscribe = SubscribeRequest(lamp);
        subscribe.Headers.Set(SipHeaderId.Event, "presence");

        var response = lamp.Ask(subscribe);

        response.StatusCode.Should().Be(489);
        response.Headers[SipHeaderId.AllowEvents].Should().Be("dialog");
    }

    [Fact]
    public void A_made_up_subscription_is_481_and_nobody_is_asked_for_a_password_in_one()
    {
        Start();
        var lamp = Phone("alice");
        var subscribe = SubscribeRequest(lamp);
        subscribe.To = subscribe.To.WithTag("made-up");

        lamp.Ask(subscribe).StatusCode.Should().Be(481);
    }

    [Fact]
    public void A_user_has_so_many_and_a_trunk_none_unless_named()
    {
        Options.Subscriptions.MaxSubscriptionsPerUser = 1;
        Start();
        var lamp = Phone("alice");
        Subscribe(lamp).StatusCode.Should().Be(200);
        lamp.ReceiveRequest(SipMethod.Notify);

        var response = Subscribe(lamp);

        response.StatusCode.Should().Be(403);
        response.Headers[SipHeaderId.Warning].Should().Contain("all 1 subscriptions");
    }

    [Theory]
    [InlineData("carrier", 200)]
    [InlineData("other", 403)]
    public void A_trunk_may_watch_only_when_it_is_named(string named, int status)
    {
        Options.Trunks.Add(new TrunkOptions { Name = "carrier", Addresses = ["127.0.0.0/8"] });
        Options.Subscriptions.Trunks.Add(named);
        Start();

        Subscribe(Phone("carol")).StatusCode.Should().Be(status);
    }

    [Fact]
    public void When_the_node_stops_watchers_are_told_to_come_back_and_new_ones_too()
    {
        Start();
        var lamp = Phone("alice");
        Subscribe(lamp);
        lamp.ReceiveRequest(SipMethod.Notify);

        Drain();

        lamp.ReceiveRequest(SipMethod.Notify)
            .Headers[SipHeaderId.SubscriptionState]
            .Should()
            .Be("terminated;reason=probation;retry-after=10");
        var response = Subscribe(lamp);
        response.StatusCode.Should().Be(503);
        response.RetryAfter.Should().Be(10);
    }

    private static SipResponse Subscribe(ScriptedPhone phone, string? expires = null) =>
        phone.Ask(SubscribeRequest(phone, expires));

    private static SipRequest SubscribeRequest(ScriptedPhone phone, string? expires = null)
    {
        var request = phone.Request(
            SipMethod.Subscribe,
            (SipHeaderId.Event, "dialog"),
            (SipHeaderId.Contact, phone.Contact)
        );
        if (expires is not null)
        {
            request.Headers.Add(SipHeaderId.Expires, expires);
        }
        return request;
    }

    private static SipRequest InDialog(SipRequest subscribe, SipResponse response, uint cseq, string expires)
    {
        var refresh = subscribe.Clone();
        refresh.To = response.To;
        refresh.CSeq = new CSeq(cseq, SipMethod.Subscribe);
        refresh.Headers.Set(SipHeaderId.Expires, expires);
        return refresh;
    }

    private static SipRequest Invite(ScriptedPhone phone) =>
        phone.Request(SipMethod.Invite, (SipHeaderId.Contact, phone.Contact));

    private void Answer(SipGatewayEvents.InviteArrived call, SipRequest invite, int status)
    {
        var response = SipResponse.Create((SipRequest)SipParser.Parse(call.Message), status, toTag: call.CallId.Value);
        invite.CallId.Should().Be(response.CallId);
        Gateway.Tell(new SipGatewayCommands.SendResponse(call.TransactionId, status, response.ToBytes()), Calls);
    }

    /// <summary>"version state, then state and remote identity of each dialog".</summary>
    private static string Told(SipRequest notify)
    {
        var root = XDocument.Load(new MemoryStream(notify.Body.ToArray())).Root!;
        var dialogs = root.Elements(Ns + "dialog")
            .Select(d =>
                $" {d.Element(Ns + "state")!.Value} {d.Element(Ns + "remote")!.Element(Ns + "identity")!.Value}"
            );
        return $"{root.Attribute("version")!.Value} {root.Attribute("state")!.Value}{string.Concat(dialogs)}";
    }
}
