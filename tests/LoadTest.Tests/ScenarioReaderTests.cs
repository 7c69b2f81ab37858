namespace OCPlatform.LoadTest.Tests;

public sealed class ScenarioReaderTests
{
    [Fact]
    public void Every_key_is_read()
    {
        var wav = Path.GetTempFileName();
        try
        {
            var scenario = ScenarioReader.Parse(
                $"""
                name: all
                voice: slt
                greeting: false
                reply-timeout: 4s
                end-of-speech: 650ms
                end: wait
                repeat: true
                lines:
                  - plain text
                  - say: interrupting
                    voice: rms
                    barge-in: 800ms
                    think: 1s
                  - wav: {wav}
                    reply: optional
                  - dtmf: "12#"
                  - silence: 12s
                """
            );

            scenario
                .Should()
                .BeEquivalentTo(
                    new Scenario
                    {
                        Name = "all",
                        Voice = "slt",
                        Greeting = false,
                        ReplyTimeout = TimeSpan.FromSeconds(4),
                        EndOfSpeech = TimeSpan.FromMilliseconds(650),
                        End = ScenarioEnd.WaitForAgent,
                        Repeat = true,
                        Lines =
                        [
                            new SayLine("plain text"),
                            new SayLine("interrupting", "rms")
                            {
                                BargeIn = TimeSpan.FromMilliseconds(800),
                                Think = TimeSpan.FromSeconds(1),
                            },
                            new WavLine(wav) { ReplyRequired = false },
                            new DtmfLine("12#"),
                            new SilenceLine(TimeSpan.FromSeconds(12)),
                        ],
                    },
                    options => options.PreferringRuntimeMemberTypes()
                );
        }
        finally
        {
            File.Delete(wav);
        }
    }

    [Theory]
    [InlineData("name: x\nlines:\n  - say: hello\n    thnk: 1s", 4, "unknown key “thnk”")]
    [InlineData("name: x\nrepeats: true", 2, "unknown key “repeats”")]
    [InlineData("name: x\nlines:\n  - say: hello\n    think: soon", 4, "800ms, 1.5s or 2m")]
    [InlineData("name: x\nlines:\n  - think: 1s", 3, "needs one of say, wav, dtmf, silence")]
    [InlineData("name: x\nlines:\n  - say: hi\n    dtmf: 1", 4, "only one of")]
    [InlineData("name: x\nlines:\n  - wav: nowhere.wav", 3, "no such file")]
    [InlineData("name: x\nlines:\n  - dtmf: 12x", 3, "0–9")]
    [InlineData("name: x\nlines:\n  - silence: 3s\n    barge-in: 1s", 3, "cannot barge in")]
    [InlineData("name: x\nlines: hello", 2, "lines is a list")]
    [InlineData("name: x\nend: later", 2, "hang-up or wait")]
    [InlineData("name: x\ngreeting: maybe", 2, "true or false")]
    [InlineData("name: x\nrepeat: true", 1, "repeat needs at least one line")]
    [InlineData("name: x\nend-of-speech: 100ms", 1, "at least 300ms")]
    [InlineData("name: x\nlines:\n  - say: @never", 3, "test.yaml")]
    [InlineData("- say: hi", 1, "a mapping")]
    [InlineData("", 0, "is empty")]
    public void A_wrong_scenario_names_the_line(string yaml, long line, string message)
    {
        var fault = FluentActions
            .Invoking(() => ScenarioReader.Parse(yaml, "test.yaml"))
            .Should()
            .Throw<ScenarioException>()
            .Which;

        fault.Line.Should().Be(line);
        fault.Message.Should().StartWith(line > 0 ? $"test.yaml:{line}: " : "test.yaml: ").And.Contain(message);
    }

    [Fact]
    public void A_bare_word_is_a_line_to_say() =>
        ScenarioReader.Parse("lines:\n  - wav").Lines.Should().Equal(new SayLine("wav"));

    [Fact]
    public void The_built_in_scenarios_are_right()
    {
        ScenarioReader.BuiltInNames.Should().Equal("booking", "greet", "hours", "human", "silent");
        foreach (var name in ScenarioReader.BuiltInNames)
        {
            ScenarioReader.Load(name).Name.Should().Be(name);
        }
    }

    [Fact]
    public void An_unknown_name_lists_the_built_in_ones() =>
        FluentActions
            .Invoking(() => ScenarioReader.Load("boking"))
            .Should()
            .Throw<ScenarioException>()
            .WithMessage("*boking*booking, greet*");
}
