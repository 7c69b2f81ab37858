namespace OCPlatform.EndToEnd.Tests.Host;

/// <summary>What the commands tell a person whose machine or configuration is not as it should be.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("run")]
    [InlineData("doctor")]
    [InlineData("config", "check")]
    public async Task A_wrong_configuration_stops_every_command_and_names_line_and_remedy(params string[] command)
    {
        var file = Path.Combine(_folder.FullName, "platform.yaml");
        await File.WriteAllTextAsync(file, "sip:\n  port: 5060\n  maxCals: 7\n");

        var (exitCode, output) = await HostCommand.RunAsync(Settings(), [.. command, "--config", file]);

        exitCode.Should().Be(78);
        output.Should().Contain($"{file}, line 3: there is no key 'sip.maxCals'. Did you mean 'maxCalls'?");
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_an_error_and_not_the_defaults()
    {
        var (exitCode, output) = await HostCommand.RunAsync(Settings(), "config", "check", "--config", "nowhere.yaml");

        exitCode.Should().Be(78);
        output.Should().Contain("nowhere.yaml: cannot be read");
    }

    [Fact]
    public async Task A_wrong_agent_stops_the_start_and_names_its_line()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "frontdesk.yaml"),
            "name: frontdesk\ngreting: hello\n"
        );

        var (exitCode, output) = await HostCommand.RunAsync(
            Settings(("OCP_DIALOG_AGENTS_FOLDER", _folder.FullName)),
            "run"
        );

        exitCode.Should().Be(78);
        output.Should().Contain("frontdesk.yaml:2:");
    }

    [Fact]
    public async Task The_doctor_finds_nothing_wrong_with_a_machine_that_runs_the_tests()
    {
        var (exitCode, output) = await HostCommand.RunAsync(Settings(), "doctor");

        exitCode.Should().Be(0, output);
        output.Should().Contain("Nothing is wrong.");
    }

    [Fact]
    public async Task The_doctor_names_the_remedy_for_each_thing_that_is_wrong()
    {
        var (exitCode, output) = await HostCommand.RunAsync(
            Settings(
                ("OCP_SPEECH_MODELS_DIRECTORY", Path.Combine(_folder.FullName, "models")),
                ("OCP_DIALOG_AGENTS_FOLDER", Path.Combine(_folder.FullName, "agents")),
                ("OCP_DATABASE_PATH", "/proc/nowhere/ocplatform.db"),
                ("OCP_SIP_BIND_ADDRESS", "203.0.113.77")
            ),
            "doctor"
        );

        exitCode.Should().Be(1);
        output.Should().Contain("./ocp models fetch").And.Contain("4 to mend");
        output.Should().Contain("set database.path").And.Contain("203.0.113.77:").And.Contain("agents");
    }

    [Fact]
    public async Task The_doctor_tells_a_taken_SIP_port()
    {
        using var taken = new System.Net.Sockets.UdpClient(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        var port = ((System.Net.IPEndPoint)taken.Client.LocalEndPoint!).Port;

        var (_, output) = await HostCommand.RunAsync(
            Settings(("OCP_SIP_BIND_ADDRESS", "127.0.0.1"), ("OCP_SIP_PORT", $"{port}")),
            "doctor"
        );

        output.Should().Contain($"sip.port: 127.0.0.1:{port} is taken");
    }

    private Dictionary<string, string> Settings(params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string>
        {
            ["OCP_HTTP_PORT"] = $"{FreePorts.Take()}",
            ["OCP_AI_PORT"] = $"{FreePorts.Take()}",
            ["OCP_SIP_PORT"] = $"{FreePorts.Take()}",
            ["OCP_DATABASE_PATH"] = Path.Combine(_folder.FullName, "ocplatform.db"),
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }
        return settings;
    }
}
