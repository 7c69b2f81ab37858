using Microsoft.Playwright;

namespace OCPlatform.EndToEnd.Tests.Web;

/// <summary>The page of the running platform, in a real browser, before the real agent.</summary>
[Collection(PlatformCollection.Name)]
public sealed class WebPageTests(HostFixture host) : IAsyncLifetime
{
    private readonly Browser _browser = new();

    private string Url => host.Platform.Http.BaseAddress!.ToString();

    public Task InitializeAsync() => _browser.InitializeAsync();

    public Task DisposeAsync() => _browser.DisposeAsync();

    [Fact]
    public async Task A_person_chats_with_the_agent_and_finds_the_chat_again_after_a_reload()
    {
        await using var page = await _browser.OpenAsync(Url);
        var greeting = await page.ReplyAsync(1);
        await page.WriteAsync("What are your opening hours?");
        var reply = await page.ReplyAsync(2);
        reply.Should().NotBeEmpty().And.NotBe(greeting);

        await page.Page.ReloadAsync();
        await page.ReplyAsync(2);

        (await page.LinesAsync()).Should().Equal(greeting, "What are your opening hours?", reply);
        page.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task The_page_tells_where_to_dial()
    {
        await using var page = await _browser.OpenAsync(Url);

        await Assertions
            .Expect(page.Page.Locator(".dial"))
            .ToContainTextAsync($"sip:agent@127.0.0.1:{host.Platform.Ports.Sip}");
    }
}
