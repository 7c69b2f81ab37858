namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>
/// One platform for all tests of SIP itself. Its agent says little, in the quick voice, so that the machine's cores are left to signalling,
/// and hangs up when 9 is pressed.
/// </summary>
public sealed class SignallingPlatform : IAsyncLifetime
{
    /// <summary>What the agent says first.</summary>
    public const string Greeting = "Hello.";

    /// <summary>The address of the trunk that needs no password: SIPp's, and in its net the proxy's, .3.</summary>
    public const string TrunkAddress = "127.0.0.2";

    /// <summary>An address that belongs to no trunk: whoever calls from there must know a password.</summary>
    public const string StrangersAddress = "127.0.0.1";

    /// <summary>A user that may register and call.</summary>
    public const string UserName = "alice";

    public const string Password = "tell-nobody";

    /// <summary>Who calls it hears himself.</summary>
    public const string EchoNumber = "echo";

    /// <summary>How long every call rings: time enough to do something before the answer.</summary>
    public const int RingMs = 1500;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-signalling-");
    private TestCertificate? _certificate;
    private PlatformProcess? _platform;
    private LongCalls? _longCalls;

    /// <summary>Calls in the background.</summary>
    public LongCalls LongCalls => _longCalls ?? throw new InvalidOperationException("The platform is not started.");

    /// <summary>Where SIP over TLS, WS and WSS is received; UDP and TCP share the platform's SIP port.</summary>
    public SecurePorts Secure { get; } = new(FreePorts.Take(), FreePorts.Take(), FreePorts.Take());

    /// <summary>The two targets of the trunk that numbers are called over, at <see cref="TrunkAddress"/>; the first is tried first.</summary>
    public (int First, int Second) Carrier { get; } = (FreePorts.Take(), FreePorts.Take());

    /// <summary>What the platform shows over TLS and WSS.</summary>
    internal TestCertificate Certificate =>
        _certificate ?? throw new InvalidOperationException("The platform is not started.");

    public PlatformProcess Platform => _platform ?? throw new InvalidOperationException("The platform is not started.");

    public async Task InitializeAsync()
    {
        WriteAgent(_folder.FullName);
        _certificate = TestCertificate.Make(_folder.FullName);
        _platform = await PlatformProcess.StartAsync(
            "signalling",
            ports =>
                SettingsFor(_folder.FullName)
                    .Concat(Listeners(ports.Sip, Secure, _certificate))
                    .Concat(CarrierTrunk(Carrier.First, Carrier.Second))
        );
        // A first call compiles code for a while; the tests count on the time that it rings.
        var scenario = new SippScenario("A first call").SetUp().Bye().Response(200);
        await Sipp.RunAsync(_platform, scenario, new SippOptions { Service = "first" });
        _longCalls = LongCalls.Start(_platform);
    }

    public async Task DisposeAsync()
    {
        await LongCalls.DisposeAsync();
        await Platform.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>The user of one phone and transport, so that no test rings another's phone.</summary>
    public static string PhoneUser(string phone, string transport) => $"{phone}-{transport}";

    /// <summary>Settings that let the agent of a folder answer.</summary>
    public static Dictionary<string, string> SettingsFor(string agentsFolder)
    {
        var settings = new Dictionary<string, string>
        {
            ["OCP_DIALOG_AGENTS_FOLDER"] = agentsFolder,
            ["OCP_CALLS_RING_MS"] = $"{RingMs}",
            // SIPp never speaks; the agent must not give it up.
            ["OCP_CALLS_TURN_TAKING_USER_SILENT_MS"] = "120000",
            ["OCP_CALLS_CODECS"] = "opus,g722,pcmu,pcma,l16",
            ["OCP_CALLS_SERVICES_0_NUMBER"] = EchoNumber,
            ["OCP_CALLS_SERVICES_0_KIND"] = "echo",
            ["OCP_SIP_TRUNKS_0_NAME"] = "sipp",
            ["OCP_SIP_TRUNKS_0_ADDRESSES"] = $"{TrunkAddress}/31",
            ["OCP_SIP_TRUNKS_0_ALLOW_REFERRALS"] = "true",
            ["OCP_SIP_OUTBOUND_ALLOW_DIRECT"] = "true",
            ["OCP_SIP_SUBSCRIPTIONS_TRUNKS"] = "sipp",
            // Else what lasts shorter than a second may never be told.
            ["OCP_SIP_SUBSCRIPTIONS_NOTIFY_INTERVAL_MS"] = "100",
            // The tests are about protocol, not about how much one source may send or how busy the machine is.
            ["OCP_SIP_ADMISSION_BANS_MINUTES"] = "0",
            ["OCP_SIP_ADMISSION_RATES_MESSAGES_PER_SECOND"] = "10000",
            ["OCP_SIP_ADMISSION_RATES_KNOWN_REQUESTS_PER_SECOND"] = "10000",
            ["OCP_SIP_ADMISSION_RATES_FAILED_LOGINS_PER_MINUTE"] = "10000",
        };
        string[] users =
        [
            UserName,
            "browser",
            .. from phone in (string[])["baresip", "linphone"]
            from transport in (string[])["udp", "tcp", "tls"]
            select PhoneUser(phone, transport),
        ];
        for (var i = 0; i < users.Length; i++)
        {
            settings[$"OCP_SIP_USERS_{i}_NAME"] = users[i];
            settings[$"OCP_SIP_USERS_{i}_PASSWORD"] = Password;
        }
        return settings;
    }

    /// <summary>A trunk for calls out alone, over either of two targets.</summary>
    private static Dictionary<string, string> CarrierTrunk(int first, int second) =>
        new()
        {
            ["OCP_SIP_TRUNKS_1_NAME"] = "carrier",
            ["OCP_SIP_TRUNKS_1_DIRECTION"] = "outbound",
            ["OCP_SIP_TRUNKS_1_USERNAME"] = "account",
            ["OCP_SIP_TRUNKS_1_PASSWORD"] = Password,
            ["OCP_SIP_TRUNKS_1_TARGETS_0_URI"] = $"sip:{TrunkAddress}:{first};transport=udp",
            ["OCP_SIP_TRUNKS_1_TARGETS_0_PRIORITY"] = "1",
            ["OCP_SIP_TRUNKS_1_TARGETS_1_URI"] = $"sip:{TrunkAddress}:{second};transport=udp",
            ["OCP_SIP_TRUNKS_1_TARGETS_1_PRIORITY"] = "2",
            ["OCP_SIP_TRUNKS_1_GUARDS_ALLOW"] = "+49",
            ["OCP_SIP_TRUNKS_1_GUARDS_MAX_CALLS_PER_SECOND"] = "0",
            // No OPTIONS, and no target is down for the failures that the tests make.
            ["OCP_SIP_TRUNKS_1_HEALTH_INTERVAL_SECONDS"] = "0",
            ["OCP_SIP_TRUNKS_1_HEALTH_DOWN_AFTER"] = "100",
        };

    /// <summary>Settings of a listener for each transport.</summary>
    internal static Dictionary<string, string> Listeners(int port, SecurePorts secure, TestCertificate certificate)
    {
        (string Transport, int Port)[] listeners =
        [
            ("udp", port),
            ("tcp", port),
            ("tls", secure.Tls),
            ("ws", secure.Ws),
            ("wss", secure.Wss),
        ];
        var settings = new Dictionary<string, string>
        {
            ["OCP_SIP_TLS_CERTIFICATE"] = certificate.File,
            ["OCP_SIP_TLS_KEY"] = certificate.KeyFile,
            ["OCP_SIP_TLS_TRUSTED_ROOTS"] = certificate.AuthorityFile,
        };
        for (var i = 0; i < listeners.Length; i++)
        {
            settings[$"OCP_SIP_LISTENERS_{i}_TRANSPORT"] = listeners[i].Transport;
            settings[$"OCP_SIP_LISTENERS_{i}_ADDRESS"] = "127.0.0.1";
            settings[$"OCP_SIP_LISTENERS_{i}_PORT"] = $"{listeners[i].Port}";
        }
        return settings;
    }

    /// <summary>The front desk with another voice and greeting.</summary>
    public static void WriteAgent(string folder)
    {
        var frontDesk = File.ReadAllLines(Path.Combine(Repository.Root, "agents", "frontdesk.yaml"));
        var agent = frontDesk.Select(line =>
            line switch
            {
                _ when line.StartsWith("voice:", StringComparison.Ordinal) => "voice: flite/slt",
                _ when line.StartsWith("  greeting:", StringComparison.Ordinal) => $"  greeting: {Greeting}",
                _ when line.StartsWith("keys:", StringComparison.Ordinal) => "keys:\n  \"9\": goodbye",
                _ => line,
            }
        );
        File.WriteAllLines(Path.Combine(folder, "frontdesk.yaml"), agent);
    }
}

/// <summary>Ports of SIP over TLS, WebSocket, and WebSocket over TLS.</summary>
public sealed record SecurePorts(int Tls, int Ws, int Wss);

[CollectionDefinition(Name)]
public sealed class SignallingCollection : ICollectionFixture<SignallingPlatform>
{
    public const string Name = "signalling";
}
