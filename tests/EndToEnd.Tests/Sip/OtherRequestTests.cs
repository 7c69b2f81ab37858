namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Requests besides those of a plain call.</summary>
[Collection(SignallingCollection.Name)]
public sealed class OtherRequestTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public Task OPTIONS_tells_what_is_spoken() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("OPTIONS")
                .Request("OPTIONS", inDialog: false)
                .Response(200, matching: ["Allow:.*INVITE", "Accept:.*application/sdp"])
        );

    [Fact]
    public Task A_method_that_is_not_known_gets_501() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("Unknown method").Request("DANCE", inDialog: false).Response(501, matching: ["Allow:"])
        );

    [Fact]
    public Task A_method_that_is_known_but_not_served_gets_405() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("PUBLISH").Request("PUBLISH", inDialog: false).Response(405, matching: ["Allow:"])
        );

    [Fact]
    public Task An_extension_that_is_not_known_gets_420_and_is_named() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("Require")
                .Invite(SippSdp.Offer(), headers: "Require: teleportation")
                .Response(100, optional: true)
                .Response(420, matching: ["Unsupported: *teleportation"])
                .AckRefusal()
        );

    [Fact]
    public async Task A_key_pressed_is_told_by_INFO()
    {
        var scenario = new SippScenario("INFO")
            .SetUp()
            .Request("INFO", "Signal=5\r\nDuration=160", contentType: "application/dtmf-relay")
            .Response(200)
            .Pause(300)
            // 9 lets the agent say goodbye.
            .Request("INFO", "Signal=9\r\nDuration=160", contentType: "application/dtmf-relay")
            .Response(200)
            .Incoming("BYE", timeoutMs: 15_000)
            .Reply("200 OK");
        await Sipp.RunAsync(Platform, scenario, new SippOptions { Service = "info" });

        (await Platform.EndedCallToAsync("info")).Text("endCause", "by").Should().Be("agent");
    }

    [Fact]
    public Task An_INFO_package_that_nobody_asked_for_gets_469() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("INFO of an unknown package")
                .SetUp()
                .Request("INFO", "x", headers: ["Info-Package: dancing"], contentType: "text/plain")
                .Response(469, matching: ["Recv-Info:"])
                .Bye()
                .Response(200)
        );

    [Fact]
    public Task An_INFO_of_a_type_that_is_not_known_gets_415() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("INFO of an unknown type")
                .SetUp()
                .Request("INFO", "x", contentType: "application/dancing")
                .Response(415, matching: ["Accept:"])
                .Bye()
                .Response(200)
        );

    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public async Task A_MESSAGE_gets_the_chat_agents_answer_in_another(string transport)
    {
        await using var wire =
            transport == "tcp" ? await WireSip.OverTcpAsync(Platform.Ports.Sip) : WireSip.OverUdp(Platform.Ports.Sip);
        var sender = new WireCall(wire, "frontdesk", $"texting-{transport}");
        await wire.SendAsync(sender.Request("MESSAGE", "What are your opening hours?", "text/plain"));
        (await wire.FinalAsync("MESSAGE")).Status.Should().Be(200);

        // The first text gets the greeting too. A dialog is not set up: each answer is a request of its own (RFC 3428 §8).
        WireMessage answer;
        do
        {
            answer = await wire.RequestAsync("MESSAGE");
            answer["Call-ID"].Should().NotBe(sender.CallId);
            answer["Content-Type"].Should().StartWith("text/plain");
            await wire.SendAsync(WireCall.Reply(answer, "200 OK", "answered"));
        } while (answer.Body == SignallingPlatform.Greeting);
        answer.Body.Should().ContainEquivalentOf("open");
    }

    [Fact]
    public async Task A_watcher_is_told_when_a_call_rings_is_answered_and_ends()
    {
        const string watched = "watched";
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var watcher = new WireCall(wire, watched, "watcher");
        await wire.SendAsync(watcher.Request("SUBSCRIBE", headers: ["Event: dialog", "Expires: 60"]));
        var accepted = await wire.FinalAsync("SUBSCRIBE");
        accepted.Status.Should().Be(200, accepted.ToString());
        watcher.Answered(accepted);
        (await NotifiedAsync("")).Body.Should().NotContain("<dialog ", "there is no call yet");

        await using var caller = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(caller, watched);
        await caller.SendAsync(call.Invite());
        await NotifiedAsync(">early</state>");
        call.Answered(await caller.FinalAsync("INVITE"));
        await caller.SendAsync(call.Ack());
        await NotifiedAsync(">confirmed</state>");
        await call.HangUpAsync();
        await NotifiedAsync(">terminated</state>");

        async Task<WireMessage> NotifiedAsync(string state)
        {
            while (true)
            {
                var notify = await wire.RequestAsync("NOTIFY");
                await wire.SendAsync(WireCall.Reply(notify, "200 OK"));
                if (notify.Body.Contains(state, StringComparison.Ordinal))
                {
                    return notify;
                }
            }
        }
    }

    [Fact]
    public Task A_subscription_to_calls_is_told_the_state_at_once_and_ended_by_its_subscriber() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("SUBSCRIBE dialog")
                .Request(
                    "SUBSCRIBE",
                    inDialog: false,
                    headers: ["Event: dialog", "Expires: 60", "Accept: application/dialog-info+xml"]
                )
                .Response(200, routes: true, matching: ["Expires:"])
                .Incoming(
                    "NOTIFY",
                    matching: ["Event: *dialog", "Subscription-State: *active", "dialog-info", "state=.full."]
                )
                .Reply("200 OK")
                .Request("SUBSCRIBE", headers: ["Event: dialog", "Expires: 0"])
                .Response(200)
                .Incoming("NOTIFY", matching: ["Subscription-State: *terminated"])
                .Reply("200 OK"),
            new SippOptions { Service = SignallingPlatform.UserName }
        );

    [Fact]
    public Task A_subscription_to_an_event_that_is_not_known_gets_489() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("SUBSCRIBE to the unknown")
                .Request("SUBSCRIBE", inDialog: false, headers: ["Event: weather", "Expires: 60"])
                .Response(489, matching: ["Allow-Events:"])
        );
}
