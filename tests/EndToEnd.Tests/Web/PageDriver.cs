using Microsoft.Playwright;

namespace OCPlatform.EndToEnd.Tests.Web;

/// <summary>The page as a person uses it. Collects what the browser complains about.</summary>
public sealed class PageDriver : IAsyncDisposable
{
    /// <summary>How long anything on the page may take; a loaded machine takes seconds for what is else instant.</summary>
    public const float PatienceMs = 20_000;

    private readonly List<string> _complaints = [];

    public PageDriver(IPage page)
    {
        Page = page;
        page.SetDefaultTimeout(PatienceMs);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the browser's console.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    public ILocator Said => Page.Locator(".log .said:not([data-testid=typing])");

    public ILocator AgentSaid => Page.Locator(".log .said.agent[data-turn]");

    public ILocator Composer => Page.GetByLabel("Your message");

    public ILocator Calls => Page.Locator("button.call");

    public Task GotoAsync(string url) => Page.GotoAsync(url);

    public async Task WriteAsync(string text)
    {
        await Composer.FillAsync(text);
        await Composer.PressAsync("Enter");
    }

    /// <summary>Waits for this many complete turns of the agent; the text of the last one.</summary>
    public async Task<string> ReplyAsync(int number)
    {
        var reply = Page.Locator(".log .said.agent[data-complete=true]").Nth(number - 1);
        await reply.WaitForAsync();
        return await TextAsync(reply);
    }

    /// <summary>What both sides said, as shown.</summary>
    public async Task<IReadOnlyList<string>> LinesAsync()
    {
        var lines = new List<string>();
        foreach (var said in await Said.AllAsync())
        {
            lines.Add(await TextAsync(said));
        }
        return lines;
    }

    public Task PictureAsync(string name) =>
        Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(Browser.PictureFolder, $"{name}.png") });

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();

    private static async Task<string> TextAsync(ILocator said) => await said.Locator("p").First.InnerTextAsync();
}
