using System.Text.Json;
using OCPlatform.EndToEnd.Tests.Sip;
using OCPlatform.EndToEnd.Tests.Web;

namespace OCPlatform.EndToEnd.Tests.BrowserPhone;

/// <summary>A browser's softphone stays registered over WebSocket (RFC 7118).</summary>
[Collection(BrowserCollection.Name)]
public sealed class BrowserRegistrationTests(Browser browser) : IAsyncLifetime
{
    private const string User = "browser";
    private const int ExpiresSeconds = 10;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-browser-phone-");
    private readonly SecurePorts _secure = new(FreePorts.Take(), FreePorts.Take(), FreePorts.Take());
    private PlatformProcess? _platform;

    private PlatformProcess Platform => _platform ?? throw new InvalidOperationException("Not started.");

    public async Task InitializeAsync()
    {
        SignallingPlatform.WriteAgent(_folder.FullName);
        _platform = await StartAsync("browser-phone", ports: null);
    }

    public async Task DisposeAsync()
    {
        await Platform.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task A_browser_registers_stays_registered_over_a_refresh_and_takes_it_back(string scheme)
    {
        await using var phone = await RegisterAsync(scheme);
        var expiresAt = (await ContactsAsync()).Single().GetProperty("expiresAt").GetDateTimeOffset();
        // JsSIP tells nothing of a refresh, only of a registration that is lost.
        await WaitForContactsAsync(
            contacts => contacts.Single().GetProperty("expiresAt").GetDateTimeOffset() > expiresAt,
            "the one registration to be refreshed"
        );
        (await phone.EventsAsync()).Should().HaveCount(2, "it connected and registered, and nothing went wrong since");

        await phone.StopAsync();
        await phone.EventAsync("unregistered");
        (await ContactsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_browser_comes_back_after_a_restart_of_the_platform_and_is_called()
    {
        await using var phone = await RegisterAsync("ws");
        var ports = Platform.Ports;
        await Platform.DisposeAsync();
        await phone.EventAsync("disconnected");
        _platform = await StartAsync("browser-phone-again", ports);
        await phone.EventAsync("connected", count: 2);
        await phone.EventAsync("registered", count: 2);
        (await ContactsAsync()).Should().ContainSingle();

        var id = await Platform.PlaceAsync($"sip:{User}@127.0.0.1");
        await phone.EventAsync("called");
        (await Platform.EndedCallAsync(id)).Text("endCause", "sipStatus").Should().Be("486");
    }

    [Fact]
    public async Task A_browser_with_a_wrong_password_is_not_registered()
    {
        await using var phone = await StartPhoneAsync("ws", "wrong");

        await phone.EventAsync("registrationFailed");
        (await phone.EventsAsync()).Should().NotContain(e => e.StartsWith("registered"));
        (await ContactsAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task A_text_from_the_browser_is_answered_by_the_agent()
    {
        await using var phone = await RegisterAsync("ws");
        await phone.SendTextAsync("sip:frontdesk@127.0.0.1", "What are your opening hours?");

        await phone.EventAsync("messageTaken 200");
        // The agent varies how it begins ("Sure. We're open …"), and may greet first.
        await phone.EventAsync("message ", says: "open Monday");
    }

    private async Task<BrowserPhone> RegisterAsync(string scheme)
    {
        var phone = await StartPhoneAsync(scheme, SignallingPlatform.Password);
        await phone.EventAsync("registered");
        (await ContactsAsync()).Should().ContainSingle();
        return phone;
    }

    private Task<BrowserPhone> StartPhoneAsync(string scheme, string password) =>
        BrowserPhone.StartAsync(
            browser,
            $"{scheme}://127.0.0.1:{(scheme == "ws" ? _secure.Ws : _secure.Wss)}",
            User,
            password,
            ExpiresSeconds
        );

    /// <summary>The browser's contacts that can be called.</summary>
    private async Task<IReadOnlyList<JsonElement>> ContactsAsync() =>
        ContactsIn(await Platform.GetJsonAsync("/api/registrations"));

    private Task WaitForContactsAsync(Func<IReadOnlyList<JsonElement>, bool> condition, string what) =>
        Platform.WaitForJsonAsync(
            "/api/registrations",
            json => condition(ContactsIn(json)),
            TimeSpan.FromSeconds(ExpiresSeconds),
            what
        );

    private static List<JsonElement> ContactsIn(JsonElement json) =>
        [
            .. json.GetProperty("registrations")
                .EnumerateArray()
                .Where(contact =>
                    contact.Text("aor").StartsWith($"{User}@") && contact.GetProperty("reachable").GetBoolean()
                ),
        ];

    private Task<PlatformProcess> StartAsync(string name, PlatformPorts? ports)
    {
        var certificate = TestCertificate.Make(_folder.FullName);
        return PlatformProcess.StartAsync(
            name,
            p =>
                SignallingPlatform
                    .SettingsFor(_folder.FullName)
                    .Concat(SignallingPlatform.Listeners(p.Sip, _secure, certificate))
                    .Append(KeyValuePair.Create("OCP_SIP_REGISTRAR_MIN_EXPIRY_SECONDS", $"{ExpiresSeconds}")),
            Directory.CreateDirectory(Path.Combine(_folder.FullName, "data")).FullName,
            ports
        );
    }
}
