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
    public void A_recording_that_moved_among_nodes_is_one_in_the_record_whenever_its_parts_come()
    {
        var first = new CallEvents.RecordingStopped(
            Id,
            T.AddSeconds(20),
            "r1",
            "file:///1.wav",
            3000,
            48_058,
            "a",
            0,
            "killed"
        );
        var second = new CallEvents.RecordingStopped(
            Id,
            T.AddSeconds(15),
            "r1",
            "s3://b/2.wav",
            5000,
            80_058,
            "b",
            40,
            null,
            2
        );
        var moved = new CallEvents.RecordingPartStarted(Id, T.AddSeconds(5), "r1", 2, 4_000, "WavUlaw", "node-2");
        ICallEvent[] begun = [new CallEvents.RecordingStarted(Id, T, "r1", "WavUlaw"), moved];

        var live = Fold([.. begun, first])!.Recordings.Should().ContainSingle().Subject;
        var whole = Fold([.. begun, second, first])!.Recordings.Should().ContainSingle().Subject;

        live.State.Should().Be(CallRecordingState.Recording, "an earlier part ends nothing");
        (whole.State, whole.DurationMs, whole.Bytes, whole.LostMs, whole.Fault)
            .Should()
            .Be((CallRecordingState.Stopped, 10_000, 128_116, 40, "killed"));
        whole
            .Parts.Select(p => (p.FromMs, p.Node, p.Uri))
            .Should()
            .Equal((0, null, "file:///1.wav"), (5_000, "node-2", "s3://b/2.wav"));
    }

    [Fact]
    public void A_recording_whose_node_left_in_peace_goes_on()
    {
        var first = new CallEvents.RecordingStopped(
            Id,
            T.AddSeconds(4),
            "r1",
            "file:///1.wav",
            4000,
            64_058,
            "a",
            0,
            null
        );
        var moved = new CallEvents.RecordingPartStarted(Id, T.AddSeconds(5), "r1", 2, 5_000, "WavUlaw", "node-2");

        var recording = Fold([new CallEvents.RecordingStarted(Id, T, "r1", "WavUlaw"), first, moved])!.Recordings[0];

        (recording.State, recording.StoppedAt).Should().Be((CallRecordingState.Recording, null));
        recording.Parts.Select(p => (p.Uri, p.DurationMs)).Should().Equal(("file:///1.wav", 4000), (null, 0));
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
