using System.Text.Json;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>SIPp as the caller: what RFC 3261 promises a far end.</summary>
[Collection(PlatformCollection.Name)]
public sealed class SippTests(HostFixture fixture)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private PlatformProcess Platform => fixture.Platform;

    [Fact]
    public async Task Calls_are_answered_and_end_as_the_callers_doing_when_the_caller_hangs_up()
    {
        await Sipp.RunAsync(Platform, "uac", calls: 5, "-r", "5", "-d", "500", "-s", "hangs-up");

        var calls = await EndedCallsTo("hangs-up", 5);
        foreach (var call in calls)
        {
            Text(call, "endCause", "by").Should().Be("caller");
            Text(call, "endCause", "reason").Should().Be("hungUp");
            Text(call, "codec").Should().Be("PCMU");
        }
    }

    [Fact]
    public async Task An_INVITE_without_an_offer_is_answered_with_ours()
    {
        await Sipp.RunAsync(Platform, "delayed-offer.xml");
    }

    [Fact]
    public async Task An_offer_without_a_common_codec_gets_488()
    {
        await Sipp.RunAsync(Platform, "no-codec.xml");
    }

    [Fact]
    public async Task The_ladder_of_a_call_has_its_messages_in_order()
    {
        await Sipp.RunAsync(Platform, "uac", calls: 1, "-d", "200", "-s", "ladder");

        var call = (await EndedCallsTo("ladder", 1)).Single();
        var details = await Platform.GetJsonAsync($"/api/calls/{Text(call, "id")}");
        details
            .GetProperty("ladder")
            .EnumerateArray()
            .Select(rung => Text(rung, "startLine").Split(' ')[0])
            .Should()
            .Equal("INVITE", "180", "200", "ACK", "BYE", "200");
    }

    private async Task<IReadOnlyList<JsonElement>> EndedCallsTo(string user, int count)
    {
        var answer = await Platform.WaitForJsonAsync(
            "/api/calls?limit=200",
            json => Matching(json).Count(call => Text(call, "state") == "ended") == count,
            Deadline,
            $"{count} ended calls to {user}"
        );
        return [.. Matching(answer)];

        IEnumerable<JsonElement> Matching(JsonElement json) =>
            json.GetProperty("calls").EnumerateArray().Where(call => Text(call, "to").Contains(user));
    }

    private static string Text(JsonElement json, params string[] path) =>
        path.Aggregate(json, (element, name) => element.GetProperty(name)).GetString() ?? "";
}

public sealed class RingingTests
{
    [Fact]
    public async Task CANCEL_while_it_rings_gets_487_and_the_record_says_so()
    {
        var settings = new Dictionary<string, string> { ["OCP_CALLS_RING_MS"] = "20000" };
        await using var platform = await PlatformProcess.StartAsync("ringing", settings);

        await Sipp.RunAsync(platform, "cancel.xml");

        var answer = await platform.WaitForJsonAsync(
            "/api/calls",
            json => json.GetProperty("calls").EnumerateArray().Any(c => c.TryGetProperty("endCause", out _)),
            TimeSpan.FromSeconds(10),
            "the cancelled call"
        );
        var cause = answer.GetProperty("calls")[0].GetProperty("endCause");
        cause.GetProperty("reason").GetString().Should().Be("cancelled");
        cause.GetProperty("sipStatus").GetInt32().Should().Be(487);
    }
}
