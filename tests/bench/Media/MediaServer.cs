using OCPlatform.Bench.Calls;

namespace OCPlatform.Bench.Media;

/// <summary>
/// The platform as production runs it, with the services echo, play and rec: gateway, call actor, journal, records and
/// media engine. Nobody speaks, so it has no dialogue and no speech.
/// </summary>
internal static class MediaServer
{
    public static Task<PlatformUnderTest> StartAsync(int sipPort, int? core, string? promptFile)
    {
        var settings = new Dictionary<string, string>
        {
            ["OCP_SIP_MAX_CALLS"] = "20000",
            ["OCP_MEDIA_PORT_RANGE_START"] = "32000",
            ["OCP_MEDIA_PORT_RANGE_END"] = "65000",
            ["OCP_CALLS_SERVICES_0_NUMBER"] = "echo",
            ["OCP_CALLS_SERVICES_0_KIND"] = "echo",
            ["OCP_CALLS_SERVICES_1_NUMBER"] = "play",
            ["OCP_CALLS_SERVICES_1_KIND"] = "play",
            ["OCP_CALLS_SERVICES_2_NUMBER"] = "rec",
            ["OCP_CALLS_SERVICES_2_KIND"] = "record",
        };
        if (promptFile is not null)
        {
            settings["OCP_CALLS_SERVICES_1_FILE"] = promptFile;
            settings["OCP_CALLS_SERVICES_2_FILE"] = promptFile;
        }
        return PlatformUnderTest.StartAsync(sipPort, core, settings);
    }

    /// <summary>Serves until it is asked to stop or the platform ends.</summary>
    public static async Task<int> ServeAsync(int sipPort)
    {
        var stop = new TaskCompletionSource();
        using var terminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(
            System.Runtime.InteropServices.PosixSignal.SIGTERM,
            signal =>
            {
                signal.Cancel = true;
                stop.TrySetResult();
            }
        );
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.TrySetResult();
        };
        await using var platform = await StartAsync(sipPort, core: null, promptFile: null);
        Console.WriteLine($"echo, play and rec are answered at {platform.Sip}; process {platform.ProcessId}");
        await Task.WhenAny(stop.Task, platform.Exited);
        return 0;
    }
}
