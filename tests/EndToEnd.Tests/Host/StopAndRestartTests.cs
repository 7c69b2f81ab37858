using System.Security.Cryptography;
using System.Text.Json;
using OCPlatform.EndToEnd.Tests.Sip;

namespace OCPlatform.EndToEnd.Tests.Host;

/// <summary>How the platform ends, and what is still known when it comes back.</summary>
public sealed class StopAndRestartTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_stop_says_goodbye_to_every_call_and_ends_within_5_s(string signal)
    {
        await using var platform = await PlatformProcess.StartAsync($"stop-{signal}");
        var callers = Sipp.RunAsync(
            platform,
            new SippScenario("The platform hangs up").SetUp().Incoming("BYE").Reply("200 OK"),
            new SippOptions { Calls = 5, Deadline = Deadline * 2 }
        );
        await WaitForLiveCallsAsync(platform, 5);

        var (exitCode, took) = await platform.StopAsync(signal);

        exitCode.Should().Be(0, platform.Output);
        took.Should().BeLessThan(PlatformProcess.StopDeadline);
        // Each of SIPp's calls ends well only when its BYE has come.
        await callers;
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_the_start_ends_within_5_s_too()
    {
        await using var platform = PlatformProcess.Launch("stop-early", null, null);
        await platform.WaitForOutputAsync("SIP is received", Deadline);

        var (_, took) = await platform.StopAsync("INT");

        took.Should().BeLessThan(PlatformProcess.StopDeadline);
    }

    [Fact]
    public async Task After_a_restart_every_call_is_still_told_with_its_turns_and_the_cause_of_its_end()
    {
        JsonElement before;
        await using (var first = await PlatformProcess.StartAsync("restart-1", dataFolder: _folder.FullName))
        {
            await Sipp.RunAsync(first, new SippScenario("A call").SetUp().Pause(8000).Bye().Response(200));
            before = await first.WaitForJsonAsync(
                "/api/calls",
                json => json.GetProperty("calls").EnumerateArray().Any(IsEnded),
                Deadline,
                "an ended call"
            );
        }

        await using var second = await PlatformProcess.StartAsync("restart-2", dataFolder: _folder.FullName);
        var after = await second.GetJsonAsync("/api/calls");

        after.GetRawText().Should().Be(before.GetRawText());
        var call = after.GetProperty("calls").EnumerateArray().Single();
        call.GetProperty("endCause").GetProperty("by").GetString().Should().Be("caller");
        call.GetProperty("turns").EnumerateArray().Should().NotBeEmpty("the agent had greeted");
    }

    [Fact]
    public async Task A_call_whose_process_was_killed_goes_on_in_the_next_one_and_its_recording_plays()
    {
        var recordings = Path.Combine(_folder.FullName, "recordings");
        var first = await PlatformProcess.StartAsync("killed-1", _ => [], _folder.FullName);
        await using var wire = WireSip.OverUdp(first.Ports.Sip, from: SignallingPlatform.StrangersAddress);
        var caller = new WireCall(wire, "frontdesk");
        string id;
        await using (first)
        {
            await caller.SetUpAsync();
            var live = await WaitForLiveCallsAsync(first, 1);
            id = live.GetProperty("calls")[0].GetProperty("id").GetString()!;
            (await first.Http.PostAsync($"/api/calls/{id}/recording/start", null)).EnsureSuccessStatusCode();
            // The head alone is 58 bytes: a second of audio or less has reached the file.
            await WaitForFileAsync(Path.Combine(recordings, "active"), leastBytes: 59);
            await first.StopAsync("KILL");
        }

        await using var second = await PlatformProcess.StartAsync("killed-2", _ => [], _folder.FullName, first.Ports);
        var invite = await wire.RequestAsync("INVITE", Deadline);
        invite["Call-ID"].Should().Be(caller.CallId);
        invite.Parameter("From", "tag").Should().Be(id);
        invite.Parameter("To", "tag").Should().Be(caller.FromTag);
        invite.Uri("Contact").Should().StartWith($"sip:{id}@127.0.0.1:{second.Ports.Sip}");
        var answer = WireCall.SdpOf("sendrecv", version: 2);
        await wire.SendAsync(
            WireCall
                .Reply(invite, "200 OK", headers: $"Contact: <sip:wire@{wire.Local}>")
                .Replace("Content-Length: 0\r\n\r\n", "Content-Type: application/sdp\r\nContent-Length: ")
                + $"{answer.Length}\r\n\r\n{answer}"
        );
        await wire.RequestAsync("ACK");
        var path = $"/api/calls/{id}";
        var goingOn = await second.WaitForJsonAsync(
            path,
            json => PartsIn(json).Count == 2,
            Deadline,
            "the recording to go on as a second part"
        );
        goingOn.GetProperty("state").GetString().Should().Be("inConversation");
        goingOn.GetProperty("moves")[0].GetProperty("migrated").GetBoolean().Should().BeFalse();
        await caller.HangUpAsync();
        var told = await second.WaitForJsonAsync(
            path,
            json =>
                json.GetProperty("recordings")[0].GetProperty("state").GetString() == "stopped"
                && PartsIn(json).TrueForAll(part => part.TryGetProperty("sha256", out _)),
            Deadline,
            "both parts of the recording to be in the record"
        );

        told.GetProperty("endCause").GetProperty("reason").GetString().Should().Be("hungUp");
        foreach (var part in PartsIn(told))
        {
            var audio = await second.Http.GetByteArrayAsync($"{path}/recording?part={part.GetProperty("number")}");
            Convert.ToHexStringLower(SHA256.HashData(audio)).Should().Be(part.GetProperty("sha256").GetString());
            audio.Length.Should().Be((int)(58 + part.GetProperty("durationMs").GetInt64() * 16));
        }
        RecordingsIn(Path.Combine(recordings, "active")).Should().BeEmpty();
    }

    private static List<JsonElement> PartsIn(JsonElement call) =>
        [.. call.GetProperty("recordings")[0].GetProperty("parts").EnumerateArray()];

    /// <summary>Those that are being written, each node in a folder of its own.</summary>
    private static IEnumerable<FileInfo> RecordingsIn(string folder) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*.part", SearchOption.AllDirectories) : [];

    private static async Task WaitForFileAsync(string folder, long leastBytes)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!RecordingsIn(folder).Any(file => file.Length >= leastBytes))
        {
            await Task.Delay(50, deadline.Token);
        }
    }

    private static Task<JsonElement> WaitForLiveCallsAsync(PlatformProcess platform, int count) =>
        platform.WaitForJsonAsync(
            "/api/calls?live=true",
            json =>
                json.GetProperty("calls")
                    .EnumerateArray()
                    .Count(call => call.GetProperty("state").GetString() == "inConversation") == count,
            Deadline,
            $"{count} live calls"
        );

    private static bool IsEnded(JsonElement call) => call.GetProperty("state").GetString() == "ended";
}
