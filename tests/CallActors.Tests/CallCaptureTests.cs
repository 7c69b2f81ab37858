using System.Text;
using Akka.Actor;
using OCPlatform.CallActors.Captures;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Capture;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

public sealed class CallCaptureTests : CallActorTestBase
{
    private readonly CallId _id = CallId.New();
    private readonly string _folder = Directory.CreateTempSubdirectory("captures").FullName;
    private readonly CallCaptures _captures;

    public CallCaptureTests()
    {
        _captures = new CallCaptures(new CaptureOptions { Folder = _folder }, TimeProvider.System);
        Captures = _captures;
    }

    [Fact]
    public async Task A_call_is_captured_from_the_command_to_its_end()
    {
        var call = EstablishedCall(_id);
        (await Ask(call, new CallCommands.StartCapture(_id, false, null))).Result.Should().Be(CallVerbResult.Done);
        (await Ask(call, new CallCommands.StartCapture(_id, false, null)))
            .Result.Should()
            .Be(CallVerbResult.NotPossible);

        call.Tell(
            InDialog(_id, SipMethod.Bye, 2, headers: (SipHeaderId.Authorization, "Digest response=\"0123\"")),
            Gateway
        );
        ExpectResponse(SipStatus.Ok);

        var text = await WholeFile();
        text.Should().NotContain("INVITE sip:").And.Contain("BYE sip:").And.Contain("SIP/2.0 200 ");
        text.Should().NotContain("0123").And.Contain("because the call was over; 0 packets are missing");
    }

    [Fact]
    public async Task A_capture_can_be_stopped_once()
    {
        var call = EstablishedCall(_id);
        (await Ask(call, new CallCommands.StopCapture(_id))).Result.Should().Be(CallVerbResult.NotPossible);
        await Ask(call, new CallCommands.StartCapture(_id, false, null));
        (await Ask(call, new CallCommands.StopCapture(_id))).Result.Should().Be(CallVerbResult.Done);
        (await Ask(call, new CallCommands.StopCapture(_id))).Result.Should().Be(CallVerbResult.NotPossible);

        (await WholeFile()).Should().Contain("because it was stopped");
    }

    [Theory]
    [InlineData("test-trunk")]
    [InlineData("alice")]
    [InlineData("FrontDesk")]
    public async Task A_call_that_is_waited_for_is_captured_from_its_first_message(string match)
    {
        _captures.Awaited.Add(match, 1, keys: false);
        var call = EstablishedCall(_id);

        _captures.Awaited.List.Should().BeEmpty();
        await Ask(call, new CallCommands.StopCapture(_id));
        var text = await WholeFile();
        text.Should().Contain("INVITE sip:frontdesk").And.Contain("SIP/2.0 180 ").And.Contain("ACK sip:");
    }

    [Fact]
    public void Calls_that_nobody_waits_for_are_not_captured()
    {
        _captures.Awaited.Add("somebody-else", 2, keys: false);
        EstablishedCall(_id);

        _captures.Files.List().Should().BeEmpty();
        _captures.Awaited.List.Should().ContainSingle().Which.Left.Should().Be(2);
    }

    [Fact]
    public void A_number_is_found_in_a_uri_with_and_without_plus_and_counts_down()
    {
        var awaited = new AwaitedCaptures();
        awaited.Add("+49301", 2, keys: true);

        awaited.Take("sip:x@h", "sip:49302@h", "t").Should().BeNull();
        awaited.Take("sip:49301@h", "sip:x@h", "t")!.Keys.Should().BeTrue();
        awaited.List.Should().ContainSingle().Which.Left.Should().Be(1);
        awaited.Take("x", "tel:+49301", null).Should().NotBeNull();
        awaited.List.Should().BeEmpty();
        awaited.Take("x", "tel:+49301", null).Should().BeNull();
    }

    [Fact]
    public async Task A_placed_call_that_is_waited_for_is_captured_as_it_left()
    {
        _captures.Awaited.Add("+4930123456", 1, keys: false);
        var (call, _) = PlacedCall(_id);
        await Ask(call, new CallCommands.StopCapture(_id));

        var text = await WholeFile();
        text.Should().Contain("z9hG4bKleft").And.Contain("SIP/2.0 200 ");
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task<CallOutcome> Ask(IActorRef call, ICallMessage command) =>
        call.Ask<CallOutcome>(command, TimeSpan.FromSeconds(10));

    private async Task<string> WholeFile()
    {
        await AwaitConditionAsync(() => Task.FromResult(_captures.Files.List() is [{ Running: false }]));
        await using var stream = _captures.Files.Open(_id.Value)!;
        var text = "";
        await AwaitConditionAsync(async () =>
        {
            stream.Position = 0;
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            text = await reader.ReadToEndAsync();
            return text.Contains("The capture ended", StringComparison.Ordinal);
        });
        return text;
    }
}
