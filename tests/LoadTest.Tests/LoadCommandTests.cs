using System.Text.Json;
using Spectre.Console;

namespace OCPlatform.LoadTest.Tests;

/// <summary>The command line as a user meets it.</summary>
public sealed class LoadCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ocp-load-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--slo v2v.p50<fast", "its unit")]
    [InlineData("--calls none", "--calls is a number")]
    [InlineData("--rate 0", "calls a second")]
    [InlineData("--hold long", "is no duration")]
    [InlineData("--scenario nowhere.yaml", "no such scenario file")]
    [InlineData("--target http://x", "is no SIP address")]
    [InlineData("--codec opus", "pcmu or pcma")]
    [InlineData("--voice nobody --scenario hours", "no voice “nobody”")]
    [InlineData("--repeat", "--repeat needs --hold")]
    [InlineData("--wav x.wav --scenario hours", "exclude each other")]
    [InlineData("--wav nowhere.wav", "nowhere.wav")]
    [InlineData("--nonsense", "--nonsense")]
    public async Task A_usage_error_exits_with_2_and_says_what_to_write(string line, string complaint)
    {
        (await RunAsync(line.Split(' '))).Should().Be(2);

        _errors.ToString().Should().Contain(complaint);
    }

    [Fact]
    public async Task A_met_objective_exits_with_0_and_a_missed_one_with_1()
    {
        await using var agent = new ScriptedAgent(27_000);
        var wav = Path.Combine(_folder, "line.wav");
        new Media.Dsp.WavFile(8000, 1, Signals.Voice(400)).Write(wav);
        var json = Path.Combine(_folder, "report.json");
        var csv = Path.Combine(_folder, "calls.csv");
        var audio = Path.Combine(_folder, "audio");
        string[] common =
        [
            .. $"--target {agent.Address} --calls 3 --rate 10 --bind 127.0.0.1:0 --wav {wav} --json {json}".Split(' '),
        ];

        var met = await RunAsync([
            .. common,
            .. $"--slo failed=0,v2v.p50<2s,turns=3 --csv {csv} --save-audio {audio}".Split(' '),
        ]);
        var missed = await RunAsync([.. common, "--slo", "v2v.p50<10ms"]);

        met.Should().Be(0, _output.ToString() + _errors);
        missed.Should().Be(1, _output.ToString() + _errors);
        var report = JsonDocument.Parse(await File.ReadAllTextAsync(json)).RootElement;
        report.GetProperty("passed").GetBoolean().Should().BeFalse();
        report.GetProperty("calls").GetProperty("ended").GetInt32().Should().Be(3);
        (await File.ReadAllLinesAsync(csv)).Should().HaveCount(4);
        Directory.GetFiles(audio, "call-*.wav").Should().HaveCount(3);
        var recording = Media.Dsp.WavFile.Read(Path.Combine(audio, "call-0000.wav"));
        recording.Channels.Should().Be(2);
        SpokenLine.FromPcm("caller", recording.Mono(0)).Duration.TotalMilliseconds.Should().BeApproximately(400, 20);
        _output.ToString().Should().Contain("voice to voice").And.Contain("missed").And.Contain("v2v.p50<10ms");
    }

    private async Task<int> RunAsync(params string[] args)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(_output),
            }
        );
        console.Profile.Width = 160;
        return await LoadCommand.RunAsync(args, console, _errors, TimeProvider.System);
    }
}
