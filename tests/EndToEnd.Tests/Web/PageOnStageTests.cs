using Microsoft.Playwright;

namespace OCPlatform.EndToEnd.Tests.Web;

[Collection(BrowserCollection.Name)]
public sealed class PageOnStageTests(Browser browser) : IAsyncLifetime
{
    private const string Question = "When are you open on Saturday?";
    private const string Answer = "On Saturdays we are open from ten to two.";

    private PageStage _stage = null!;

    public async Task InitializeAsync() => _stage = await PageStage.StartAsync();

    public async Task DisposeAsync() => await _stage.DisposeAsync();

    [Fact]
    public async Task A_connection_cut_in_the_middle_of_a_reply_comes_back_and_nothing_is_lost_or_doubled()
    {
        await using var page = await browser.OpenAsync(_stage.Url);
        await page.ReplyAsync(1);
        await AskAsync(page);

        _stage.IsClosed = true;
        _stage.CutChats();
        await Assertions.Expect(page.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("connection dropped");
        // Written while there is no connection: it goes out when there is one again.
        await page.WriteAsync("Bye");
        await page.PictureAsync("chat-dropped");
        _stage.IsClosed = false;
        await Assertions.Expect(page.Page.GetByText("The chat has ended.")).ToBeVisibleAsync();

        (await page.LinesAsync())
            .Should()
            .Equal(
                ScriptedAgent.Greeting,
                Question,
                "On Saturdays we are open —",
                "Bye",
                "Thank you for writing. Goodbye!"
            );
    }

    [Fact]
    public async Task A_reply_that_goes_on_after_a_cut_is_shown_whole()
    {
        await using var page = await browser.OpenAsync(_stage.Url);
        await page.ReplyAsync(1);
        await AskAsync(page);

        _stage.CutChats();
        _stage.GoOn();

        (await page.ReplyAsync(2)).Should().Be(Answer);
        (await page.LinesAsync()).Should().Equal(ScriptedAgent.Greeting, Question, Answer);
    }

    [Fact]
    public async Task A_reload_shows_the_same_conversation_and_another_tab_a_new_one()
    {
        await using var page = await browser.OpenAsync(_stage.Url);
        await page.ReplyAsync(1);
        await AskAsync(page);
        _stage.GoOn();
        await page.ReplyAsync(2);

        await page.Page.ReloadAsync();
        await page.ReplyAsync(2);
        (await page.LinesAsync()).Should().Equal(ScriptedAgent.Greeting, Question, Answer);

        await using var other = await browser.OpenAsync(_stage.Url);
        await other.ReplyAsync(1);
        (await other.LinesAsync()).Should().Equal(ScriptedAgent.Greeting);
    }

    [Fact]
    public async Task A_chat_that_ended_can_be_followed_by_a_new_one()
    {
        await using var page = await browser.OpenAsync(_stage.Url);
        await page.ReplyAsync(1);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "End chat" }).ClickAsync();
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Start a new one" }).ClickAsync();

        await page.ReplyAsync(1);
        (await page.LinesAsync()).Should().Equal(ScriptedAgent.Greeting);
        await Assertions.Expect(page.Composer).ToBeEnabledAsync();
    }

    [Fact]
    public async Task Calls_are_listed_live_first_and_one_opens_with_its_turns_and_its_SIP_ladder()
    {
        await using var page = await browser.OpenAsync(_stage.Url);
        var live = page.Page.GetByRole(AriaRole.List, new() { Name = "Live calls" });
        await Assertions.Expect(live.Locator(".call")).ToHaveCountAsync(2);
        await Assertions.Expect(live.Locator(".call").First).ToContainTextAsync("Ann Weaver");
        await Assertions.Expect(live.Locator(".call").First).ToContainTextAsync("PCMU");

        await live.Locator(".call").First.ClickAsync();
        var call = page.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(call).ToContainTextAsync("i would like to book an appointment");
        await Assertions.Expect(call).ToContainTextAsync("after 740 ms");
        await Assertions.Expect(call.Locator(".rung")).ToHaveCountAsync(5);
        await page.PictureAsync("call-details");

        await page.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(call).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData("wide-light", 1280, 800, ColorScheme.Light)]
    [InlineData("wide-dark", 1280, 800, ColorScheme.Dark)]
    [InlineData("narrow-light", 390, 844, ColorScheme.Light)]
    [InlineData("narrow-dark", 390, 844, ColorScheme.Dark)]
    public async Task The_page_fits_the_screen_and_the_browser_has_nothing_to_complain_about(
        string name,
        int width,
        int height,
        ColorScheme scheme
    )
    {
        await using var page = await browser.OpenAsync(_stage.Url, width, height, scheme);
        await page.ReplyAsync(1);
        await AskAsync(page);
        _stage.GoOn();
        await page.ReplyAsync(2);
        await page.WriteAsync("I would like to book an appointment for Tuesday at three.");
        await Assertions.Expect(page.AgentSaid.Last).ToContainTextAsync("is free.");
        await page.PictureAsync($"chat-{name}");
        if (width < 800)
        {
            foreach (var section in new[] { "Calls", "Dial in" })
            {
                await page.Page.Locator("nav.tabs").GetByText(section).ClickAsync();
                await page.PictureAsync($"{section.Split(' ')[0].ToLowerInvariant()}-{name}");
            }
        }

        var overflow = await page.Page.EvaluateAsync<int>(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        );
        overflow.Should().Be(0);
        page.Complaints.Should().BeEmpty();
    }

    /// <summary>Asks, and waits until the agent stops in the middle of its reply.</summary>
    private static async Task AskAsync(PageDriver page)
    {
        await page.WriteAsync(Question);
        await Assertions.Expect(page.AgentSaid.Last).ToContainTextAsync("On Saturdays we are open");
    }
}
