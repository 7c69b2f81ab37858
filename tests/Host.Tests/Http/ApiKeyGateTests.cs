using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Http;

namespace OCPlatform.Host.Tests.Http;

public sealed class ApiKeyGateTests
{
    private const string Key = "0123456789abcdef0123";
    private const string Elsewhere = "203.0.113.9";

    private static async Task<int> AskAsync(
        string path,
        string from,
        string host = "localhost",
        string[]? keys = null,
        params (string Name, string Value)[] headers
    )
    {
        var gate = new ApiKeyGate(
            context =>
            {
                context.Response.StatusCode = 200;
                return Task.CompletedTask;
            },
            new HttpOptions { ApiKeys = [.. keys ?? []] }
        );
        var context = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection()
                .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
                .AddLogging()
                .BuildServiceProvider(),
        };
        context.Connection.RemoteIpAddress = IPAddress.Parse(from);
        context.Request.Path = path;
        context.Request.Headers.Host = host;
        foreach (var (name, value) in headers)
        {
            context.Request.Headers[name] = value;
        }
        await gate.InvokeAsync(context);
        return context.Response.StatusCode;
    }

    [Theory]
    [InlineData("127.0.0.1", "localhost:8080")]
    [InlineData("127.0.0.1", "127.0.0.1:8080")]
    [InlineData("::1", "[::1]:8080")]
    [InlineData("::ffff:127.0.0.1", "localhost")]
    public async Task This_machine_needs_no_key(string from, string host)
    {
        (await AskAsync("/api/calls", from, host)).Should().Be(200);
    }

    [Theory]
    [InlineData("http://localhost:8080", 200)]
    [InlineData("http://evil.example", 403)]
    [InlineData("http://localhost:9090", 403)]
    [InlineData("null", 403)]
    public async Task A_page_of_another_origin_is_not_this_machine(string origin, int status)
    {
        (await AskAsync("/api/calls", "127.0.0.1", "localhost:8080", headers: ("Origin", origin))).Should().Be(status);
    }

    [Theory]
    [InlineData("/api/calls")]
    [InlineData("/API/calls")]
    [InlineData("/metrics")]
    [InlineData("/sip/status")]
    public async Task Others_need_a_key_for_what_is_guarded(string path)
    {
        (await AskAsync(path, Elsewhere, keys: [Key])).Should().Be(401);
        (await AskAsync(path, Elsewhere, keys: [Key], headers: ("X-Api-Key", Key))).Should().Be(200);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/health/live")]
    [InlineData("/chat")]
    [InlineData("/openapi.json")]
    [InlineData("/apiary")]
    public async Task The_rest_is_open(string path)
    {
        (await AskAsync(path, Elsewhere)).Should().Be(200);
    }

    [Fact]
    public async Task Without_configured_keys_no_key_opens()
    {
        (await AskAsync("/api/calls", Elsewhere, headers: ("X-Api-Key", Key))).Should().Be(403);
        (await AskAsync("/api/calls", Elsewhere, headers: ("X-Api-Key", ""))).Should().Be(403);
    }

    [Theory]
    [InlineData("X-Api-Key", "0123456789abcdef0123", 200)]
    [InlineData("Authorization", "Bearer 0123456789abcdef0123", 200)]
    [InlineData("Authorization", "bearer 0123456789abcdef0123", 200)]
    [InlineData("Authorization", "Basic 0123456789abcdef0123", 401)]
    [InlineData("X-Api-Key", "0123456789abcdef012", 401)]
    [InlineData("X-Api-Key", "0123456789ABCDEF0123", 401)]
    [InlineData("X-Api-Key", "", 401)]
    public async Task A_key_must_be_the_one_that_is_configured(string header, string value, int status)
    {
        (await AskAsync("/api/calls", Elsewhere, keys: ["another-key-of-some-length", Key], headers: (header, value)))
            .Should()
            .Be(status);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task What_a_proxy_forwards_is_not_this_machine_s(string header, string value)
    {
        (await AskAsync("/api/calls", "127.0.0.1", headers: (header, value))).Should().Be(403);
    }

    [Fact]
    public async Task A_foreign_name_that_resolves_to_this_machine_is_not_this_machine_s()
    {
        (await AskAsync("/api/calls", "127.0.0.1", "rebound.example")).Should().Be(403);
    }

    [Fact]
    public async Task A_forwarding_header_does_not_make_a_stranger_local()
    {
        (await AskAsync("/api/calls", Elsewhere, headers: ("X-Forwarded-For", "127.0.0.1"))).Should().Be(403);
    }
}
