using Akka.Actor;
using OCPlatform.CallActors.Captures;
using OCPlatform.CallActors.Recording;
using OCPlatform.CallActors.Services;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Capture;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests.Recording;

/// <summary>The recording verbs and the consent prompt of a call with real media, whose caller is silent.</summary>
public sealed class CallRecordingTests : CallActorTestBase
{
    private const int PromptTurn = -3;
    private readonly RecordingBox _box = new();
    private readonly CallId _id = CallId.New();

    public CallRecordingTests()
    {
        Recordings = _box.Desk();
        Captures = new CallCaptures(new CaptureOptions { Folder = _box.Captures }, TimeProvider.System);
    }

    [Fact]
    public void A_recording_is_begun_paused_resumed_and_ended_and_the_record_tells_all_of_it()
    {
        var call = EstablishedCall(_id);

        Ask(call, new CallCommands.StartRecording(_id), CallVerb.StartRecording);
        Ask(call, new CallCommands.PauseRecording(_id, "card number"), CallVerb.PauseRecording);
        RecordingOf(call).State.Should().Be(CallRecordingState.Paused);
        Ask(call, new CallCommands.ResumeRecording(_id), CallVerb.ResumeRecording);
        Ask(call, new CallCommands.StopRecording(_id), CallVerb.StopRecording);

        var recording = RecordingOf(call);
        (recording.Id, recording.State, recording.Format)
            .Should()
            .Be((_id.Value, CallRecordingState.Stopped, "WavUlaw"));
        recording.Pauses.Should().ContainSingle().Which.Reason.Should().Be("card number");
        recording.Fault.Should().BeNull();
        var file = new FileInfo(new Uri(recording.Uri!).LocalPath);
        file.Length.Should().Be(recording.Bytes);
        recording.Bytes.Should().Be(58 + recording.DurationMs * 16);
        Ask(call, new CallCommands.StartRecording(_id), CallVerb.StartRecording);
        RecordOf(call, _id)!.Recordings[^1].Id.Should().Be($"{_id}-2");
    }

    [Fact]
    public void Where_every_call_is_recorded_the_record_tells_where_after_the_hang_up()
    {
        _box.Options.Mode = RecordingMode.Always;
        var call = EstablishedCall(_id);
        AwaitAssert(() => RecordingOf(call).State.Should().Be(CallRecordingState.Recording));

        call.Tell(InDialog(_id, SipMethod.Bye, 2), Gateway);

        var record = RecordAfterEnd(call, _id);
        record.State.Should().Be(CallPhase.Ended);
        var recording = record.Recordings.Should().ContainSingle().Subject;
        (recording.State, recording.Fault).Should().Be((CallRecordingState.Stopped, null));
        File.Exists(new Uri(recording.Uri!).LocalPath).Should().BeTrue();
        _box.Folder.Parts().Should().BeEmpty();
    }

    [Fact]
    public void A_number_given_to_the_record_service_is_recorded_with_what_it_plays_on_the_right()
    {
        Options.Services.Add(new CallServiceOptions { Number = "frontdesk", Kind = CallServiceKind.Record });
        _box.Options.ConsentPrompt = "nobody would speak this";
        var call = StartCall(_id);
        call.Tell(Invite(_id), Gateway);
        ExpectResponse(SipStatus.Ok);
        call.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);

        AwaitAssert(() => RecordingOf(call).State.Should().Be(CallRecordingState.Recording));
        // More than the head is in the file within a second or so.
        AwaitCondition(() => _box.Folder.Parts().Any(part => new FileInfo(part).Length > 58), TimeSpan.FromSeconds(20));
        Ask(call, new CallCommands.StopRecording(_id), CallVerb.StopRecording);
        var codes = File.ReadAllBytes(new Uri(RecordingOf(call).Uri!).LocalPath).AsSpan(58).ToArray();
        codes.Where((_, i) => i % 2 == 0).Should().OnlyContain(code => code == 0xFF, "the caller is silent");
        codes.Where((_, i) => i % 2 == 1).Should().Contain(code => code != 0xFF);
    }

    [Fact]
    public void Where_recording_is_switched_off_nobody_records()
    {
        _box.Options.Mode = RecordingMode.Never;
        var call = EstablishedCall(_id);

        Refused(call, new CallCommands.StartRecording(_id)).Should().Contain("recording.mode");
    }

    [Fact]
    public void Verbs_that_fit_no_recording_are_refused_with_the_cause()
    {
        var call = EstablishedCall(_id);

        Refused(call, new CallCommands.PauseRecording(_id, null)).Should().Contain("not being recorded");
        Refused(call, new CallCommands.StopRecording(_id)).Should().Contain("not being recorded");
        Ask(call, new CallCommands.StartRecording(_id), CallVerb.StartRecording);
        Refused(call, new CallCommands.StartRecording(_id)).Should().Contain("already");
        Refused(call, new CallCommands.ResumeRecording(_id)).Should().Contain("not paused");
        Refused(StartCall(CallId.New()), new CallCommands.StopRecording(_id)).Should().Contain("no such call");
    }

    [Fact]
    public void A_folder_that_takes_no_file_costs_the_recording_and_not_the_call()
    {
        File.WriteAllText(_box.Options.Folder, "a file where the folder should be");
        var call = EstablishedCall(_id);

        Refused(call, new CallCommands.StartRecording(_id)).Should().NotBeEmpty();

        AwaitAssert(() => RecordingOf(call).State.Should().Be(CallRecordingState.Failed));
        RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation);
    }

    [Fact]
    public void What_was_recovered_of_a_killed_process_comes_into_the_record_of_the_call()
    {
        _box.Options.Mode = RecordingMode.Always;
        var call = EstablishedCall(_id);
        AwaitJournaled<CallEvents.RecordingStarted>(_id);
        call.Tell(InDialog(_id, SipMethod.Bye, 2), Gateway);
        RecordAfterEnd(call, _id);

        var again = StartCall(_id, "-recovered");
        again.Tell(new CallCommands.NoteRecording(_id, $"{_id}-2", "file:///x.wav", 5, 6, "abc", "killed"));

        AwaitAssert(() => RecordOf(again, _id)!.Recordings[^1].Uri.Should().Be("file:///x.wav"));
        AwaitAssert(() =>
            RecordOf(StartCall(_id, $"-{Guid.NewGuid():n}"), _id)!.Recordings[^1].Fault.Should().Be("killed")
        );
    }

    // ---- the consent prompt ----

    [Fact]
    public void Recording_begins_when_the_prompt_has_been_played()
    {
        // Nothing answers for speech synthesis, so the local voice speaks it, for real.
        _box.Options.ConsentPrompt = "Recorded.";
        var call = EstablishedCall(_id);

        Ask(call, new CallCommands.StartRecording(_id), CallVerb.StartRecording);

        var record = RecordOf(call, _id)!;
        record.Turns.Should().ContainSingle().Which.Text.Should().Be("Recorded.");
        record.Recordings.Should().ContainSingle();
        record.Recordings[0].StartedAt.Should().BeOnOrAfter(_box.Time.GetUtcNow());
    }

    [Fact]
    public void The_agent_s_answer_waits_for_the_end_of_the_prompt()
    {
        var call = CallWithPrompt();
        call.Tell(new ConversationEvents.AgentTurnStarted(Conversation, 1, null, DateTimeOffset.UnixEpoch));
        call.Tell(new ConversationEvents.AgentTurnText(Conversation, 1, 0, "Hello."));
        RecordOf(call, _id)!.Recordings.Should().BeEmpty();

        call.Tell(Delivered(PromptTurn, interrupted: false));

        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        RecordOf(call, _id)!.Recordings.Should().ContainSingle();
        // The turn of the conversation goes on as it came: its delivery is told to the conversation.
        call.Tell(Delivered(1, interrupted: false));
        Conversations.FishForMessage(message => message is ConversationCommands.AgentTurnPlayed { Turn: 1 });
    }

    [Fact]
    public void A_caller_who_speaks_into_the_prompt_hears_it_again_and_is_not_recorded_after_the_third_time()
    {
        var call = CallWithPrompt();

        call.Tell(Delivered(PromptTurn, interrupted: true));
        call.Tell(Delivered(PromptTurn, interrupted: true));
        RecordOf(call, _id)!.Recordings.Should().BeEmpty();
        call.Tell(Delivered(PromptTurn, interrupted: true));

        var outcome = ExpectMsg<CallOutcome>();
        (outcome.Verb, outcome.Result).Should().Be((CallVerb.StartRecording, CallVerbResult.NotPossible));
        RecordingOf(call).Fault.Should().Contain("consent prompt");
        Directory.Exists(_box.Folder.Active).Should().BeFalse("nothing was recorded");
    }

    [Fact]
    public void With_consent_told_meanwhile_recording_does_not_wait()
    {
        _box.Options.ConsentFirst = false;
        var call = CallWithPrompt();

        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        call.Tell(Delivered(PromptTurn, interrupted: true));
        RecordOf(call, _id)!.Recordings.Should().ContainSingle().Which.State.Should().Be(CallRecordingState.Recording);
    }

    [Fact]
    public void A_prompt_waits_for_the_agent_to_finish_its_turn()
    {
        SpeechTransport = new HangingTransport();
        _box.Options.ConsentPrompt = "This call is recorded.";
        var call = EstablishedCall(_id);
        call.Tell(new ConversationEvents.AgentTurnStarted(Conversation, 1, null, DateTimeOffset.UnixEpoch));
        call.Tell(new CallCommands.StartRecording(_id), TestActor);
        // A prompt that had not begun cannot have been heard.
        call.Tell(Delivered(1, interrupted: false));
        call.Tell(Delivered(PromptTurn, interrupted: false));

        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
    }

    // ---- a pause for a card number ----

    [Fact]
    public void What_is_pressed_and_said_while_the_recording_is_paused_is_written_down_nowhere()
    {
        var call = EstablishedCall(_id);
        Ask(call, new CallCommands.StartRecording(_id), CallVerb.StartRecording);
        call.Tell(new VoiceEvent.DigitPressed('1', 100, DateTimeOffset.UtcNow));
        Ask(call, new CallCommands.PauseRecording(_id, "card number"), CallVerb.PauseRecording);

        var spokenAt = DateTimeOffset.UtcNow;
        call.Tell(new VoiceEvent.DigitPressed('4', 100, spokenAt));
        call.Tell(new VoiceEvent.UserSaid("u1", "four one one one", spokenAt, spokenAt, Failed: false));
        var pressed = Conversations.FishForMessage<ConversationCommands.UserPressed>(p => p.Digits == "4");
        var said = Conversations.FishForMessage<ConversationCommands.UserSaid>(_ => true);
        Ask(call, new CallCommands.ResumeRecording(_id), CallVerb.ResumeRecording);
        // Understood after the end of the pause, and said before it.
        call.Tell(new VoiceEvent.UserSaid("u2", "one one one one", spokenAt, spokenAt, Failed: false));
        var later = DateTimeOffset.UtcNow.AddSeconds(1);
        call.Tell(new VoiceEvent.DigitPressed('2', 100, later));
        call.Tell(new VoiceEvent.UserSaid("u3", "thank you", later, later, Failed: false));

        var record = RecordOf(call, _id)!;
        record.Digits.Should().Be("1x2");
        record.Turns.Select(turn => turn.Text).Should().Equal("[withheld]", "[withheld]", "thank you");
        (pressed.Secret, said.Secret, said.Text).Should().Be((true, true, "four one one one"), "the agent may need it");
        AwaitJournaled<CallEvents.RecordingResumed>(_id);
    }

    [Fact]
    public void A_capture_is_without_media_while_the_recording_is_paused()
    {
        var call = EstablishedCall(_id);
        Ask(call, new CallCommands.StartRecording(_id), CallVerb.StartRecording);
        Ask(call, new CallCommands.StartCapture(_id, false, null), CallVerb.StartCapture);
        var capture = Captures!.Files.Find(_id.Value)!;

        Ask(call, new CallCommands.PauseRecording(_id, "card number"), CallVerb.PauseRecording);
        capture.Paused.Should().BeTrue();
        Ask(call, new CallCommands.ResumeRecording(_id), CallVerb.ResumeRecording);
        capture.Paused.Should().BeFalse();

        Ask(call, new CallCommands.StopCapture(_id), CallVerb.StopCapture);
        Ask(call, new CallCommands.PauseRecording(_id, "card number"), CallVerb.PauseRecording);
        AwaitCondition(() => capture.Completed.IsCompleted);
        Ask(call, new CallCommands.StartCapture(_id, false, null), CallVerb.StartCapture);
        Captures!.Files.Find(_id.Value)!.Paused.Should().BeTrue("it began in the pause");
        Ask(call, new CallCommands.StopRecording(_id), CallVerb.StopRecording);
        Captures!.Files.Find(_id.Value)!.Paused.Should().BeFalse("the pause went with the recording");
    }

    // ---- another party takes the caller's place ----

    [Fact]
    public void Whoever_takes_the_caller_s_place_is_not_recorded_before_the_prompt_was_heard()
    {
        var call = CallWithPrompt();
        call.Tell(Delivered(PromptTurn, interrupted: false));
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);

        AnotherPartyTakesOver(call);

        RecordingOf(call).State.Should().Be(CallRecordingState.Paused);
        RecordingOf(call).Pauses[0].Reason.Should().Contain("another party");
        call.Tell(Delivered(PromptTurn, interrupted: false));
        AwaitAssert(() => RecordingOf(call).State.Should().Be(CallRecordingState.Recording));
    }

    [Fact]
    public void The_recording_ends_when_the_new_party_does_not_hear_the_prompt()
    {
        var call = CallWithPrompt();
        call.Tell(Delivered(PromptTurn, interrupted: false));
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        AnotherPartyTakesOver(call);

        for (var time = 0; time < 3; time++)
        {
            call.Tell(Delivered(PromptTurn, interrupted: true));
        }

        AwaitAssert(() =>
            RecordOf(call, _id)!
                .Recordings.Select(r => r.State)
                .Should()
                .Equal(CallRecordingState.Stopped, CallRecordingState.Failed)
        );
    }

    [Fact]
    public void A_prompt_that_the_former_party_was_hearing_is_spoken_anew_to_the_next()
    {
        var call = CallWithPrompt();

        AnotherPartyTakesOver(call);
        call.Tell(Delivered(PromptTurn, interrupted: false));

        RecordOf(call, _id)!.Recordings.Should().BeEmpty("that was spoken to somebody who has gone");
        call.Tell(Delivered(PromptTurn, interrupted: false));
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
    }

    [Fact]
    public void A_pause_that_was_asked_for_outlives_the_new_party_s_consent()
    {
        var call = CallWithPrompt();
        call.Tell(Delivered(PromptTurn, interrupted: false));
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);
        Ask(call, new CallCommands.PauseRecording(_id, "card number"), CallVerb.PauseRecording);
        AnotherPartyTakesOver(call);

        call.Tell(Delivered(PromptTurn, interrupted: false));

        RecordingOf(call).State.Should().Be(CallRecordingState.Paused);
        Ask(call, new CallCommands.ResumeRecording(_id), CallVerb.ResumeRecording);
        RecordingOf(call).State.Should().Be(CallRecordingState.Recording);
    }

    [Fact]
    public void Without_a_prompt_the_recording_goes_on_with_the_new_party()
    {
        var call = EstablishedCall(_id);
        Ask(call, new CallCommands.StartRecording(_id), CallVerb.StartRecording);

        AnotherPartyTakesOver(call);

        (RecordingOf(call).State, RecordingOf(call).Pauses.Count).Should().Be((CallRecordingState.Recording, 0));
    }

    private void AnotherPartyTakesOver(IActorRef call)
    {
        var replaces = $"call-id-1;to-tag={_id};from-tag=from-1";
        call.Tell(InviteFrom(_id, "bob", (SipHeaderId.Replaces, replaces)), Gateway);
        var answer = ExpectResponse(SipStatus.Ok);
        var ack = (SipRequest)SipParser.Parse(InDialog(_id, SipMethod.Ack, 1).Message);
        (ack.From, ack.To, ack.CallId) = (answer.From, answer.To, answer.CallId);
        call.Tell(
            new SipGatewayEvents.RequestArrived(_id, null, ack.ToBytes(), Path, DateTimeOffset.UnixEpoch),
            Gateway
        );
        AwaitAssert(() => RecordOf(call, _id)!.Peers.Should().NotBeEmpty());
    }

    private ConversationId Conversation => ConversationId.OfCall(_id);

    /// <summary>A call that is to be recorded, with a prompt whose synthesis never comes: the test tells how it went.</summary>
    private IActorRef CallWithPrompt()
    {
        SpeechTransport = new HangingTransport();
        _box.Options.ConsentPrompt = "This call is recorded.";
        var call = EstablishedCall(_id);
        call.Tell(new CallCommands.StartRecording(_id), TestActor);
        return call;
    }

    private static VoiceEvent Delivered(int turn, bool interrupted) =>
        new VoiceEvent.AgentTurnDelivered(
            turn,
            "This call",
            interrupted,
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch,
            null
        );

    private CallRecording RecordingOf(IActorRef call) =>
        RecordOf(call, _id)!.Recordings.Should().ContainSingle().Subject;

    private void Ask(IActorRef call, ICallMessage command, CallVerb verb)
    {
        call.Tell(command, TestActor);
        var outcome = ExpectMsg<CallOutcome>(TimeSpan.FromSeconds(20));
        (outcome.Verb, outcome.Result, outcome.Detail).Should().Be((verb, CallVerbResult.Done, null));
    }

    private string Refused(IActorRef call, ICallMessage command)
    {
        call.Tell(command, TestActor);
        var outcome = ExpectMsg<CallOutcome>();
        outcome.Result.Should().Be(CallVerbResult.NotPossible);
        return outcome.Detail!;
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _box.Dispose();
    }

    private sealed class HangingTransport : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException();
        }
    }
}
