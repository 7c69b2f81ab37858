using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>An INVITE waited for its shard's home so long that its gateway may have refused it.</summary>
public class LateInviteTests : CallActorTestBase
{
    private static readonly TimeSpan Young = TimeSpan.FromMinutes(1);

    private readonly CallId _id = CallId.New();

    public LateInviteTests() => YoungInvite = Young;

    [Theory]
    [InlineData(-10)]
    [InlineData(10)]
    public void One_that_its_gateway_has_refused_begins_no_call_and_leaves_no_trace(int minutesFromNow)
    {
        using var counted = new CounterReading("ocp_calls_too_late");
        var call = StartCall(_id);
        call.Tell(Invite(_id) with { At = DateTimeOffset.UtcNow.AddMinutes(minutesFromNow) }, Gateway);
        Gateway
            .ExpectMsg<SipGatewayCommands.IsInviteWaiting>()
            .Should()
            .Be(new SipGatewayCommands.IsInviteWaiting(_id, "tx-invite"));
        // What the caller did meanwhile waits for the answer.
        call.Tell(new SipGatewayEvents.CancelArrived(_id, "tx-invite", DateTimeOffset.UtcNow), Gateway);

        call.Tell(new SipGatewayEvents.InviteStanding(_id, "tx-invite", Waits: false), Gateway);

        RecordOf(call, _id).Should().BeNull();
        JournalOf(_id).Should().BeEmpty();
        (Live.Count, PortsInUse).Should().Be((0, 0));
        Gateway.ExpectNoMsg(TimeSpan.Zero);
        Conversations.ExpectNoMsg(TimeSpan.Zero);
        counted.Of(Metrics).Should().Be(1);
    }

    [Fact]
    public void One_that_still_waits_begins_its_call_and_what_came_behind_it_is_not_lost()
    {
        var call = StartCall(_id);
        call.Tell(Invite(_id) with { At = DateTimeOffset.UtcNow - 2 * Young }, Gateway);
        Gateway.ExpectMsg<SipGatewayCommands.IsInviteWaiting>();
        call.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);

        call.Tell(new SipGatewayEvents.InviteStanding(_id, "tx-invite", Waits: true), Gateway);

        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);
        Live.Ids.Should().Contain(_id);
    }

    [Fact]
    public void One_whose_gateway_is_gone_begins_no_call()
    {
        var call = StartCall(_id);
        call.Tell(Invite(_id) with { At = DateTimeOffset.UtcNow - 2 * Young }, Gateway);
        Gateway.ExpectMsg<SipGatewayCommands.IsInviteWaiting>();

        RecordOf(call, _id).Should().BeNull("the question waits until the gateway has had its time");
        JournalOf(_id).Should().BeEmpty();
    }

    [Fact]
    public void A_young_one_begins_its_call_without_a_question()
    {
        var call = StartCall(_id);
        call.Tell(Invite(_id) with { At = DateTimeOffset.UtcNow }, Gateway);

        ExpectResponse(SipStatus.Ringing);
    }
}
