namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>
/// One platform for all tests of SIP itself. Its agent says little, in the quick voice, so that the machine's cores are left to signalling,
/// and hangs up when 9 is pressed.
/// </summary>
public sealed class SignallingPlatform : IAsyncLifetime
{
    /// <summary>What the agent says first.</summary>
    public const string Greeting = "Hello.";

    /// <summary>How long every call rings: time enough to do something before the answer.</summary>
    public const int RingMs = 1500;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-signalling-");
    private PlatformProcess? _platform;

    public PlatformProcess Platform => _platform ?? throw new InvalidOperationException("The platform is not started.");

    public async Task InitializeAsync()
    {
        WriteAgent(_folder.FullName);
        _platform = await PlatformProcess.StartAsync("signalling", SettingsFor(_folder.FullName));
        // A first call compiles code for a while; the tests count on the time that it rings.
        var scenario = new SippScenario("A first call").SetUp().Bye().Response(200);
        await Sipp.RunAsync(_platform, scenario, new SippOptions { Service = "first" });
    }

    public async Task DisposeAsync()
    {
        await Platform.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Settings that let the agent of a folder answer.</summary>
    public static Dictionary<string, string> SettingsFor(string agentsFolder) =>
        new() { ["OCP_DIALOG_AGENTS_FOLDER"] = agentsFolder, ["OCP_CALLS_RING_MS"] = $"{RingMs}" };

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

[CollectionDefinition(Name)]
public sealed class SignallingCollection : ICollectionFixture<SignallingPlatform>
{
    public const string Name = "signalling";
}
