using System.Net.Http.Json;
using System.Text.Json;
using OCPlatform.EndToEnd.Tests.Sip;

namespace OCPlatform.EndToEnd.Tests.Host;

/// <summary>Three processes of the same Host, each with some of the roles, are one platform.</summary>
public sealed class MixedRolesTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_call_comes_in_at_one_node_lives_on_another_and_talks_with_the_third()
    {
        var clusterPort = FreePorts.Take();
        var thinks = FreePorts.Take();
        var front = PlatformProcess.StartAsync(
            "roles-front",
            _ => Settings("front", "gateway,web", clusterPort, thinks),
            _folder.FullName
        );
        // The others find the first one.
        var calls = PlatformProcess.StartAsync(
            "roles-calls",
            _ => Settings("calls", "call", 0, thinks, clusterPort),
            _folder.FullName
        );
        var mind = PlatformProcess.StartAsync(
            "roles-mind",
            _ =>
                Settings("mind", "dialog,ai", 0, thinks, clusterPort)
                    .Append(KeyValuePair.Create("OCP_AI_PORT", $"{thinks}")),
            _folder.FullName
        );
        await using var platform = await front;
        await using var callNode = await calls;
        await using var mindNode = await mind;

        var cluster = await platform.GetJsonAsync("/cluster");
        cluster.GetProperty("members").EnumerateArray().Should().HaveCount(3);
        var caller = Sipp.RunAsync(
            platform,
            new SippScenario("The API hangs up").SetUp().Incoming("BYE").Reply("200 OK"),
            new SippOptions { Deadline = Deadline }
        );
        var list = await platform.WaitForJsonAsync(
            "/api/calls",
            json => json.GetProperty("calls").EnumerateArray().Any(HasTurn),
            Deadline,
            "a call in which the agent has spoken"
        );
        var call = list.GetProperty("calls")[0];
        call.GetProperty("node").GetString().Should().Be("calls");
        using var hungUp = await platform.Http.PostAsJsonAsync(
            $"/api/calls/{call.GetProperty("id").GetString()}/hangup",
            new { }
        );
        hungUp.EnsureSuccessStatusCode();
        await caller;

        (await platform.Http.GetStringAsync("/metrics"))
            .Should()
            .NotContain("ocp_speech_queue")
            .And.NotContain("ocp_media_sessions");
        (await mindNode.Http.GetStringAsync("/metrics")).Should().Contain("ocp_speech_queue");
        (await callNode.Http.GetAsync("/api/calls")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound);
    }

    private static bool HasTurn(JsonElement call) =>
        call.TryGetProperty("turns", out var turns) && turns.GetArrayLength() > 0;

    private static IEnumerable<KeyValuePair<string, string>> Settings(
        string name,
        string roles,
        int clusterPort,
        int aiPort,
        int? seedPort = null
    ) =>
        [
            new("OCP_NODE_NAME", name),
            new("OCP_NODE_ROLES", roles),
            new("OCP_CLUSTER_PORT", $"{clusterPort}"),
            new("OCP_CLUSTER_SEED_NODES", $"127.0.0.1:{seedPort ?? clusterPort}"),
            new("OCP_SPEECH_STT_ADDRESS", $"http://127.0.0.1:{aiPort}"),
            new("OCP_SPEECH_TTS_ADDRESS", $"http://127.0.0.1:{aiPort}"),
            new("OCP_DIALOG_MODEL_ADDRESS", $"http://127.0.0.1:{aiPort}"),
        ];
}
