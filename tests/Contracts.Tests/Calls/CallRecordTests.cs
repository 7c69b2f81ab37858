using System.Text.Json;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Tests.Calls;

public class CallRecordTests
{
    private static readonly CallId Id = new("c00aaaaaaaaaaaaaaaaaaaa");
    private static readonly DateTimeOffset T = DateTimeOffset.UnixEpoch;

    private static readonly ICallEvent[] Life =
    [
        new CallEvents.Received(
            Id,
            T,
            CallDirection.Inbound,
            "sip:a",
            "sip:b",
            "trunk",
            "node",
            "192.0.2.1:5060",
            "cid"
        ),
        new CallEvents.SipExchanged(Id, T, true, "INVITE sip:b", "1 INVITE"),
        new CallEvents.Ringing(Id, T.AddMilliseconds(5)),
        new CallEvents.Answered(Id, T.AddMilliseconds(9), "PCMU", "{}", "{}"),
        new CallEvents.Confirmed(Id, T.AddMilliseconds(20)),
        new CallEvents.TurnSpoken(Id, T, Speaker.Agent, "Hello.", T, T.AddSeconds(1), null, false),
        new CallEvents.DigitPressed(Id, T, "5", 100),
        new CallEvents.SessionChanged(Id, T, "PCMU", true, "{}", "{}"),
        new CallEvents.RecordingStarted(Id, T, "r1", "WavUlaw"),
        new CallEvents.RecordingPaused(Id, T, "r1", 1000, "card number"),
        new CallEvents.RecordingResumed(Id, T, "r1", 3000),
        new CallEvents.RecordingFailed(Id, T, "r2", "no room"),
        new CallEvents.Ended(
            Id,
            T.AddSeconds(9),
            new EndCause(EndedBy.Caller, EndReason.HungUp, null, null),
            new MediaQuality(450, 450, 1, 2, 0, 1.5, 20)
        ),
        new CallEvents.RecordingStopped(Id, T.AddSeconds(10), "r1", "file:///r1.wav", 9000, 144_058, "abc", 20, null),
    ];

    [Fact]
    public void The_record_is_the_fold_of_its_events()
    {
        var record = Fold(Life)!;

        record.State.Should().Be(CallPhase.Ended);
        record.Codec.Should().Be("PCMU");
        record.Turns.Should().ContainSingle().Which.Text.Should().Be("Hello.");
        record.Ladder.Should().ContainSingle();
        record.Digits.Should().Be("5");
        record.OnHold.Should().BeTrue();
        record.Quality!.PacketsLate.Should().Be(2);
        record.EndCause!.Reason.Should().Be(EndReason.HungUp);
        record
            .Recordings.Select(r => (r.Id, r.State, r.Uri, r.Fault))
            .Should()
            .Equal(
                ("r1", CallRecordingState.Stopped, "file:///r1.wav", null),
                ("r2", CallRecordingState.Failed, null, "no room")
            );
        record.Recordings[0].Pauses.Should().Equal(new CallRecordingPause(1000, 3000, "card number"));
    }

    [Fact]
    public void Stored_between_any_two_events_the_record_goes_on_as_if_it_had_not_been()
    {
        for (var cut = 1; cut < Life.Length; cut++)
        {
            var stored = JsonSerializer.Serialize(Fold(Life[..cut]), WireSerializer.Json);
            var resumed = JsonSerializer.Deserialize<CallRecord>(stored, WireSerializer.Json);
            var record = Life[cut..].Aggregate(resumed, CallRecord.Apply);
            record.Should().BeEquivalentTo(Fold(Life));
        }
    }

    [Fact]
    public void Quality_that_an_older_version_journaled_has_no_directions_and_can_be_read()
    {
        const string old =
            """{"packetsReceived":5,"packetsSent":6,"packetsLost":1,"packetsLate":2,"packetsDuplicate":0,"jitterMs":1.5,"concealedMs":20}""";

        JsonSerializer
            .Deserialize<MediaQuality>(old, WireSerializer.Json)
            .Should()
            .Be(new MediaQuality(5, 6, 1, 2, 0, 1.5, 20));
    }

    private static CallRecord? Fold(IEnumerable<ICallEvent> events) =>
        events.Aggregate((CallRecord?)null, CallRecord.Apply);
}
