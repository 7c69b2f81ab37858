using Microsoft.Playwright;

namespace OCPlatform.EndToEnd.Tests.Web;

/// <summary>Debian's Chromium without a window, driven by Playwright; nothing is downloaded.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Executable = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where the tests leave pictures of the page.</summary>
    public static string PictureFolder { get; } =
        Directory.CreateDirectory(Path.Combine(Repository.Root, "TestResults", "page")).FullName;

    public async Task InitializeAsync()
    {
        File.Exists(Executable).Should().BeTrue("the page is tested with Debian's 'chromium' package");
        File.Exists(Path.Combine(Repository.Root, "web", "dist", "index.html"))
            .Should()
            .BeTrue("the page must be built first: cd web && npm ci && npm run build");
        Assertions.SetDefaultExpectTimeout(PageDriver.PatienceMs);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = Executable,
                // Chromium's sandbox does not start as root, and CI is root.
                ChromiumSandbox = Environment.UserName != "root",
                // A page that nobody clicked on may make sound only so.
                Args = ["--autoplay-policy=no-user-gesture-required"],
            }
        );
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
        _playwright?.Dispose();
    }

    /// <summary>A page of a person of its own: no storage, no cache shared with others.</summary>
    public async Task<PageDriver> OpenAsync(
        string url,
        int width = 1280,
        int height = 800,
        ColorScheme scheme = ColorScheme.Light,
        bool trustsAnyCertificate = false
    )
    {
        var context = await _browser!.NewContextAsync(
            new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = width, Height = height },
                ColorScheme = scheme,
                ReducedMotion = ReducedMotion.Reduce,
                IgnoreHTTPSErrors = trustsAnyCertificate,
                Locale = "en-GB",
                TimezoneId = "UTC",
            }
        );
        var page = new PageDriver(await context.NewPageAsync());
        await page.GotoAsync(url);
        return page;
    }
}

[CollectionDefinition(Name)]
public sealed class BrowserCollection : ICollectionFixture<Browser>
{
    public const string Name = "browser";
}
