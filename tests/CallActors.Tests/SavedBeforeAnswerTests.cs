using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>What a call could be taken up from is durable before its 200 leaves.</summary>
public class SavedBeforeAnswerTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();

    [Fact]
    public void A_call_that_is_answered_can_be_taken_up()
    {
        // However slow this machine is.
        SavedWithin = TimeSpan.FromMinutes(1);
        StartCall(_id).Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);

        var events = JournalOf(_id);

        events[0].Should().BeOfType<CallEvents.Received>();
        events.OfType<CallEvents.Ringing>().Single().SipDialog.Should().NotBeNull();
    }
}

/// <summary>The same with a journal that answers nothing.</summary>
public class UnsavedAnswerTests() : CallActorTestBase(StuckJournal.Config)
{
    private readonly CallId _id = CallId.New();

    [Fact]
    public void The_200_waits_for_the_journal_and_no_longer_than_it_may()
    {
        SavedWithin = TimeSpan.FromSeconds(2);
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);

        RecordOf(call, _id)!.State.Should().Be(CallPhase.Ringing);
        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void Nothing_is_waited_for_while_the_database_is_away()
    {
        SavedWithin = TimeSpan.FromMinutes(1);
        Database = new AbsentDatabase();
        StartCall(_id).Tell(Invite(_id), Gateway);

        ExpectResponse(SipStatus.Ringing);
        ExpectResponse(SipStatus.Ok);
    }

    [Fact]
    public void CANCEL_while_the_journal_is_waited_for_gets_its_487()
    {
        SavedWithin = TimeSpan.FromMinutes(1);
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ringing);

        call.Tell(new SipGatewayEvents.CancelArrived(_id, "tx-invite", DateTimeOffset.UnixEpoch), Gateway);

        ExpectResponse(SipStatus.RequestTerminated);
        AwaitAssert(() => PortsInUse.Should().Be(0));
    }

    private sealed class AbsentDatabase : IDatabaseHealth
    {
        public bool IsAway => true;

        public string? Cause => "the server is away";

        public void Succeeded() { }

        public void Failed(string cause) { }
    }
}
