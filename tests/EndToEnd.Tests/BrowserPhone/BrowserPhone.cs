using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using OCPlatform.EndToEnd.Tests.Web;

namespace OCPlatform.EndToEnd.Tests.BrowserPhone;

/// <summary>JsSIP in a page of headless Chromium, registering over WebSocket (RFC 7118).</summary>
internal sealed class BrowserPhone : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly string Script = Path.Combine(
        Repository.Root,
        "tests/EndToEnd.Tests/BrowserPhone/dist/phone.js"
    );

    private readonly PageDriver _driver;
    private readonly HttpListener _pageServer;

    private BrowserPhone(PageDriver driver, HttpListener pageServer)
    {
        _driver = driver;
        _pageServer = pageServer;
    }

    /// <param name="server">The platform's WebSocket, such as <c>wss://127.0.0.1:7443</c>.</param>
    /// <param name="expiresSeconds">How long a registration is asked to last. JsSIP renews 5 s before, and knows no less than 10.</param>
    /// <param name="answersWithHz">The tone it plays to who calls it; null: it says that it is busy.</param>
    public static async Task<BrowserPhone> StartAsync(
        Browser browser,
        string server,
        string user,
        string password,
        int expiresSeconds = 60,
        int? answersWithHz = null
    )
    {
        File.Exists(Script).Should().BeTrue("JsSIP must be bundled first: cd {0} && npm ci && npm run build", Script);
        // Chromium lets a page reach this machine only when it came from there.
        var pageServer = new HttpListener();
        var page = $"http://127.0.0.1:{FreePorts.Take()}/";
        pageServer.Prefixes.Add(page);
        pageServer.Start();
        var served = ServePageAsync(pageServer);
        var driver = await browser.OpenAsync(page, trustsAnyCertificate: true);
        await served;
        await driver.Page.AddScriptTagAsync(new PageAddScriptTagOptions { Path = Script });
        await driver.Page.EvaluateAsync(
            "settings => startPhone(settings)",
            new
            {
                server,
                user,
                host = "127.0.0.1",
                password,
                expiresSeconds,
                answers = answersWithHz is { } toneHz ? new { toneHz } : null,
            }
        );
        return new BrowserPhone(driver, pageServer);
    }

    /// <summary>What happened, in order.</summary>
    public async Task<IReadOnlyList<string>> EventsAsync() =>
        await _driver.Page.EvaluateAsync<string[]>("window.phoneEvents");

    /// <summary>Waits for the count-th event that starts so, and says this.</summary>
    public async Task<string> EventAsync(string start, int count = 1, TimeSpan? within = null, string says = "")
    {
        var clock = Stopwatch.StartNew();
        IReadOnlyList<string> events;
        do
        {
            events = await EventsAsync();
            if (
                events
                    .Where(e => e.StartsWith(start, StringComparison.Ordinal))
                    .Where(e => e.Contains(says, StringComparison.Ordinal))
                    .ElementAtOrDefault(count - 1) is
                { } it
            )
            {
                return it;
            }
            await Task.Delay(50);
        } while (clock.Elapsed < (within ?? Patience));
        throw new TimeoutException(
            $"No {start} ({count}). Events: {JsonSerializer.Serialize(events)}. Console: {string.Join(" | ", _driver.Complaints)}"
        );
    }

    /// <summary>Sends a MESSAGE (RFC 3428).</summary>
    public Task SendTextAsync(string target, string text) =>
        _driver.Page.EvaluateAsync("([target, text]) => { sendText(target, text); }", new[] { target, text });

    /// <summary>Calls, with a tone for a microphone.</summary>
    /// <param name="codec">The only one to offer, by its name in SDP; "": all that the browser has.</param>
    public Task CallAsync(string target, string codec, int toneHz) =>
        _driver.Page.EvaluateAsync(
            "call => placeCall(call)",
            new
            {
                target,
                codec,
                toneHz,
            }
        );

    /// <summary>What the page has heard of its call so far (see media.js), and what the browser counted.</summary>
    public async Task<JsonElement> HeardAsync() => await _driver.Page.EvaluateAsync<JsonElement>("heard()");

    /// <summary>Waits until what was heard satisfies the condition.</summary>
    public async Task<JsonElement> HearAsync(Func<JsonElement, bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        JsonElement heard;
        do
        {
            heard = await HeardAsync();
            if (condition(heard))
            {
                return heard;
            }
            await Task.Delay(100);
        } while (clock.Elapsed < Patience);
        throw new TimeoutException(
            $"Waited for {what}. Heard: {heard}. Events: {JsonSerializer.Serialize(await EventsAsync())}."
        );
    }

    public Task HangUpAsync() => _driver.Page.EvaluateAsync("() => hangUp()");

    /// <summary>Takes the registration back and hangs the connection up.</summary>
    public Task StopAsync() => _driver.Page.EvaluateAsync("() => phone.stop()");

    public async ValueTask DisposeAsync()
    {
        await _driver.DisposeAsync();
        _pageServer.Close();
    }

    private static async Task ServePageAsync(HttpListener server)
    {
        var request = await server.GetContextAsync();
        request.Response.ContentType = "text/html";
        await request.Response.OutputStream.WriteAsync(
            "<!doctype html><title>Phone</title><link rel=icon href=data:,>"u8.ToArray()
        );
        request.Response.Close();
    }
}
