namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>SIP over a stream, where a message may come in any pieces (RFC 3261 §18.3).</summary>
[Collection(SignallingCollection.Name)]
public sealed class FramingTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public Task A_call_over_TCP_is_answered_and_ended_by_the_caller() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("A call over TCP") { ContactParameters = ";transport=tcp" }
                .SetUp()
                .Pause(200)
                .Bye()
                .Response(200),
            new SippOptions { Transport = "t1", Calls = 5 }
        );

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_call_whose_messages_come_in_pieces_is_as_good_as_any(int pieceLength)
    {
        await using var wire = await WireSip.OverTcpAsync(Platform.Ports.Sip);
        var call = new WireCall(wire, "pieces");
        await wire.SendInPiecesAsync(call.Invite(), pieceLength);
        var answer = await wire.FinalAsync("INVITE");
        answer.Status.Should().Be(200);
        call.Answered(answer);
        await wire.SendInPiecesAsync(call.Ack(), pieceLength);
        await wire.SendInPiecesAsync(call.Request("BYE"), pieceLength);
        (await wire.FinalAsync("BYE")).Status.Should().Be(200);
    }

    [Fact]
    public async Task Several_messages_in_one_piece_are_each_answered()
    {
        await using var wire = await WireSip.OverTcpAsync(Platform.Ports.Sip);
        var requests = Enumerable
            .Range(0, 3)
            .Select(_ => new WireCall(wire, "several"))
            .Select(call => call.Request("OPTIONS"));
        await wire.SendAsync($"\r\n\r\n{string.Concat(requests)}");

        for (var i = 0; i < 3; i++)
        {
            (await wire.FinalAsync("OPTIONS")).Status.Should().Be(200);
        }
    }

    [Fact]
    public async Task A_ping_is_answered_by_a_pong_between_messages()
    {
        await using var wire = await WireSip.OverTcpAsync(Platform.Ports.Sip);
        await wire.SendAsync("\r\n\r\n");

        (await wire.PongAsync()).Should().Be("\r\n");
    }

    [Fact]
    public async Task What_is_no_SIP_at_all_closes_the_connection()
    {
        await using var wire = await WireSip.OverTcpAsync(Platform.Ports.Sip);
        await wire.SendAsync("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");

        (await wire.IsClosedAsync(TimeSpan.FromSeconds(5))).Should().BeTrue();
    }

    [Fact]
    public async Task A_message_beyond_the_cap_closes_the_connection_before_it_is_all_there()
    {
        await using var wire = await WireSip.OverTcpAsync(Platform.Ports.Sip);
        var call = new WireCall(wire, "endless");
        await wire.SendAsync(call.Request("OPTIONS").Replace("Content-Length: 0", "Content-Length: 2000000000"));

        (await wire.IsClosedAsync(TimeSpan.FromSeconds(5))).Should().BeTrue();
    }

    [Fact]
    public async Task A_call_hung_up_by_the_agent_is_told_on_the_callers_own_connection()
    {
        await using var wire = await WireSip.OverTcpAsync(Platform.Ports.Sip);
        var call = new WireCall(wire, "same-connection");
        await call.SetUpAsync();
        await wire.SendAsync(call.Request("INFO", "Signal=9\r\nDuration=160\r\n", "application/dtmf-relay"));

        var bye = await wire.RequestAsync("BYE", TimeSpan.FromSeconds(15));
        await wire.SendAsync(WireCall.Reply(bye, "200 OK"));
    }
}
