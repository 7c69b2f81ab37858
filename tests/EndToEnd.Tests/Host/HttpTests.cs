using System.Net;
using System.Text.Json;

namespace OCPlatform.EndToEnd.Tests.Host;

[Collection(PlatformCollection.Name)]
public sealed class HttpTests(HostFixture host)
{
    private HttpClient Http => host.Platform.Http;

    [Fact]
    public async Task Health_names_every_part_and_its_state()
    {
        var health = await host.Platform.GetJsonAsync("/health/ready");

        health.GetProperty("status").GetString().Should().Be("healthy");
        var checks = health.GetProperty("checks");
        foreach (var part in new[] { "cluster", "shards", "sip", "models", "database", "journal", "accepting" })
        {
            checks.GetProperty(part).GetProperty("status").GetString().Should().Be("healthy", part);
        }
    }

    [Fact]
    public async Task OpenApi_describes_the_calls_with_their_turns()
    {
        var document = await host.Platform.GetJsonAsync("/openapi.json");

        document.GetProperty("paths").TryGetProperty("/api/calls/{id}", out _).Should().BeTrue();
        var schemas = document.GetProperty("components").GetProperty("schemas");
        schemas.GetProperty("CallTurn").GetProperty("properties").TryGetProperty("latencyMs", out _).Should().BeTrue();
    }

    [Fact]
    public async Task Metrics_are_in_the_Prometheus_format()
    {
        var text = await Http.GetStringAsync("/metrics");

        text.Should().Contain("# TYPE process_cpu_seconds_total counter");
        text.Should()
            .Contain("# TYPE ocp_calls_live gauge")
            .And.Contain("# TYPE ocp_media_clock_lateness_seconds gauge");
    }

    [Fact]
    public async Task An_unknown_path_of_the_api_is_a_problem_and_not_the_page()
    {
        using var response = await Http.GetAsync("/api/nothing");

        response.StatusCode.Should().Be(HttpStatusCode.NotFound);
        response.Content.Headers.ContentType!.MediaType.Should().Be("application/problem+json");
    }

    [Fact]
    public async Task A_malformed_call_id_is_refused_with_its_reason()
    {
        using var response = await Http.GetAsync("/api/calls/nonsense");

        response.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("detail").GetString().Should().Contain("nonsense");
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Host", "evil.example")]
    public async Task A_request_that_only_looks_local_needs_a_key(string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/calls");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await Http.SendAsync(request);

        response.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await response.Content.ReadAsStringAsync()).Should().Contain("http.apiKeys");
    }

    [Fact]
    public async Task The_web_is_not_served_on_the_port_of_the_ai_services()
    {
        using var http2 = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await http2.GetAsync($"http://127.0.0.1:{host.Platform.Ports.Ai}/api/calls");

        response.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }
}
