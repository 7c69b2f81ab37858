using System.Text.Json;
using OCPlatform.EndToEnd.Tests.Sip;
using OCPlatform.EndToEnd.Tests.Web;

namespace OCPlatform.EndToEnd.Tests.BrowserPhone;

/// <summary>An unmodified Chromium calls and is called: SIP over WebSocket, ICE, DTLS-SRTP, PCMU and Opus.</summary>
[Collection(BrowserCollection.Name)]
public sealed class BrowserCallTests(Browser browser) : IAsyncLifetime
{
    private const string User = "browser";
    private const int ToneHz = 440;

    // "Hello." takes longer than this.
    private const int GreetingMs = 200;
    private const int EchoMs = 1000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-browser-call-");
    private readonly SecurePorts _secure = new(FreePorts.Take(), FreePorts.Take(), FreePorts.Take());
    private PlatformProcess? _platform;

    private PlatformProcess Platform => _platform ?? throw new InvalidOperationException("Not started.");

    public async Task InitializeAsync()
    {
        SignallingPlatform.WriteAgent(_folder.FullName);
        var certificate = TestCertificate.Make(_folder.FullName);
        _platform = await PlatformProcess.StartAsync(
            "browser-call",
            ports =>
                SignallingPlatform
                    .SettingsFor(_folder.FullName)
                    .Concat(SignallingPlatform.Listeners(ports.Sip, _secure, certificate)),
            Directory.CreateDirectory(Path.Combine(_folder.FullName, "data")).FullName
        );
    }

    public async Task DisposeAsync()
    {
        await Platform.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("PCMU")]
    [InlineData("opus")]
    [InlineData("G722")]
    public async Task A_browser_calls_and_hears_itself(string codec)
    {
        await using var phone = await RegisterAsync();
        await phone.CallAsync($"sip:{SignallingPlatform.EchoNumber}@127.0.0.1", codec, ToneHz);
        await phone.EventAsync("confirmed");

        var heard = await phone.HearAsync(
            h => h.GetProperty("audibleMs").GetInt32() >= EchoMs && Math.Abs(Number(h, "toneHz") - ToneHz) < 10,
            "its own tone"
        );
        ShouldBeClean(heard, codec);
        await phone.HangUpAsync();

        var record = await Platform.EndedCallToAsync(SignallingPlatform.EchoNumber);
        record.Text("codec").Should().Be(codec);
        record.Text("encryption").Should().Be("DTLS");
        record.Text("endCause", "by").Should().Be("caller");
        record.Text("endCause", "reason").Should().Be("hungUp");
    }

    [Fact]
    public async Task A_browser_calls_and_hears_the_greeting()
    {
        await using var phone = await RegisterAsync();
        await phone.CallAsync("sip:greeted@127.0.0.1", "opus", ToneHz);
        await phone.EventAsync("confirmed");

        await ShouldTalkAsync(phone, "opus");
        await phone.HangUpAsync();

        (await Platform.EndedCallToAsync("greeted")).Text("endCause", "reason").Should().Be("hungUp");
    }

    [Fact]
    public async Task A_browser_is_called_answers_and_hears_the_agent()
    {
        await using var phone = await RegisterAsync(answersWithHz: ToneHz);
        var id = await Platform.PlaceAsync($"sip:{User}@127.0.0.1");
        await phone.EventAsync("confirmed");

        await ShouldTalkAsync(phone, codec: "");
        await Platform.CallAsync(id, IsHeard, "the browser to be heard");
        await Platform.DoAsync(id, "hangup");

        await phone.EventAsync("ended remote");
        (await Platform.EndedCallAsync(id)).Text("endCause", "reason").Should().Be("hungUp");
    }

    private static async Task ShouldTalkAsync(BrowserPhone phone, string codec)
    {
        var heard = await phone.HearAsync(
            h => h.GetProperty("audibleMs").GetInt32() >= GreetingMs,
            "the agent's greeting"
        );
        ShouldBeClean(heard, codec);
    }

    private static void ShouldBeClean(JsonElement heard, string codec)
    {
        heard.Text("state").Should().Be("connected");
        heard.Text("srtpCipher").Should().NotBeEmpty();
        heard.Text("codec").Should().EndWithEquivalentOf($"/{codec}".TrimEnd('/'));
        heard.GetProperty("packetsReceived").GetInt32().Should().BePositive();
        heard.GetProperty("packetsLost").GetInt32().Should().Be(0);
    }

    private static double Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;

    private static bool IsHeard(JsonElement call) =>
        int.TryParse(call.Text("quality", "packetsReceived"), out var packets) && packets >= 50;

    private async Task<BrowserPhone> RegisterAsync(int? answersWithHz = null)
    {
        var phone = await BrowserPhone.StartAsync(
            browser,
            $"ws://127.0.0.1:{_secure.Ws}",
            User,
            SignallingPlatform.Password,
            answersWithHz: answersWithHz
        );
        await phone.EventAsync("registered");
        return phone;
    }
}
