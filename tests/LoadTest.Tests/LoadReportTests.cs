using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.LoadTest.Tests;

public sealed class LoadReportTests
{
    [Fact]
    public void The_JSON_is_as_documented()
    {
        var report = Report(
            [Good(0, 640), Good(1, 980) with { AudioFile = "call-0001.wav" }, Refused(2)],
            "v2v.p50<1s,failed=1"
        );

        var expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "report.expected.json"));
        report.ToJson().ReplaceLineEndings("\n").Trim().Should().Be(expected.Trim());
        report.Passed.Should().BeTrue();
    }

    [Fact]
    public void A_failed_call_fails_the_run_unless_an_objective_speaks_of_failures()
    {
        Report([Good(0, 640), Refused(1)], "v2v.p50<1s").Passed.Should().BeFalse();
        Report([Good(0, 640), Refused(1)], "failed.percent<60%").Passed.Should().BeTrue();
        Report([Good(0, 640)], "v2v.p50<1s").Passed.Should().BeTrue();
    }

    [Fact]
    public void A_missed_objective_fails_the_run_and_shows_its_figure()
    {
        var report = Report([Good(0, 1640)], "v2v.p50<1s,bargein.p50<200ms");

        report.Passed.Should().BeFalse();
        report
            .Slos.Should()
            .Equal(new SloReport("v2v.p50<1s", 1640, false), new SloReport("bargein.p50<200ms", null, false));
    }

    [Fact]
    public void Stopped_calls_are_neither_good_nor_failed()
    {
        var report = Report([Good(0, 640), Good(1, 640) with { Outcome = CallOutcome.Stopped }], "calls=1,failed=0");

        report.Passed.Should().BeTrue();
        report.Calls.Stopped.Should().Be(1);
    }

    [Fact]
    public void The_CSV_has_a_row_per_call_and_quotes_what_needs_it()
    {
        var rows = CallCsv
            .Write(Report([Good(0, 640), Refused(1) with { Cause = "503, \"full\"" }], "failed=1"))
            .Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        rows.Should().HaveCount(3);
        rows[0].Should().Be(CallCsv.Header);
        rows[1].Should().StartWith("0,call-0@test,hours,Completed,,0,2.5,8.25,31,9000,PCMU,350,640,1,640,640,");
        rows[2].Should().Contain(",\"503, \"\"full\"\"\",");
    }

    [Fact]
    public void Platform_objectives_need_the_platform()
    {
        var platform = new PlatformReport
        {
            Samples = [new(0, 500, 1), new(120, 800, 13), new(300, 850, 31), new(600, 840, 61)],
        };
        var slos = Slo.ParseList("rss.max<1.5GB,rss.growth<10%");

        var with = LoadReportBuilder.Build(Plan, Result([Good(0, 640)]), slos, DateTimeOffset.UnixEpoch, platform);
        var without = LoadReportBuilder.Build(Plan, Result([Good(0, 640)]), slos, DateTimeOffset.UnixEpoch);

        with.Slos.Select(s => (s.Figure, s.Met)).Should().Equal((850, true), (5, true));
        with.Platform!.CpuPercentOfOneCore.Should().BeApproximately(10, 0.001);
        without.Passed.Should().BeFalse();
    }

    [Fact]
    public void A_metric_is_read_from_the_Prometheus_text()
    {
        const string text = """
            # HELP process_working_set_bytes Process working set
            # TYPE process_working_set_bytes gauge
            process_working_set_bytes_other 7
            process_working_set_bytes 143265792
            process_cpu_seconds_total 1.25 1700000000
            """;

        PlatformProbe.Value(text, "process_working_set_bytes").Should().Be(143265792);
        PlatformProbe.Value(text, "process_cpu_seconds_total").Should().Be(1.25);
        PlatformProbe.Value(text, "process_threads").Should().BeNull();
    }

    [Fact]
    public void The_platforms_record_of_the_runs_own_calls_is_found_by_the_Call_ID()
    {
        const string json = """
            {"calls":[
              {"id":"c1","sipCallId":"call-0@test","state":"ended","turns":[
                {"speaker":"agent","text":"Hello.","latencyMs":12.5},{"speaker":"caller","text":"are you open","latencyMs":null}]},
              {"id":"c2","sipCallId":"somebody-else","turns":[]},
              {"id":"c3"}, 7
            ]}
            """;

        var calls = PlatformProbe.ReadCalls(json, new HashSet<string> { "call-0@test" });

        calls.Should().ContainSingle();
        calls["call-0@test"]
            .Should()
            .BeEquivalentTo(
                new PlatformCall(
                    "c1",
                    "ended",
                    [new PlatformTurn("agent", "Hello.", 12.5), new PlatformTurn("caller", "are you open", null)]
                )
            );
        PlatformProbe.ReadCalls("""{"calls":"none"}""", new HashSet<string>()).Should().BeEmpty();
    }

    private static readonly LoadPlan Plan = new()
    {
        Targets = [new(SipUri.Parse("sip:frontdesk@127.0.0.1:5060"), SipDestination.Parse("UDP:127.0.0.1:5060"))],
        Calls = 3,
        Scripts = [new CallerScript { Name = "hours", Hold = TimeSpan.FromSeconds(30) }],
    };

    private static LoadReport Report(IReadOnlyList<CallMeasurement> calls, string slos) =>
        LoadReportBuilder.Build(Plan, Result(calls), Slo.ParseList(slos), DateTimeOffset.UnixEpoch);

    private static LoadResult Result(IReadOnlyList<CallMeasurement> calls)
    {
        var progress = new LoadProgress();
        foreach (var call in calls)
        {
            progress.OnStarted();
            progress.OnEnded(call);
        }
        return new LoadResult(
            calls,
            Summary.Of([0.1, 0.2, 4.5]),
            progress.Read(),
            new HarnessCost(Seconds(10), Seconds(0.5), Seconds(18), 1.25, 90_000_000)
        );
    }

    private static CallMeasurement Good(int index, int voiceToVoiceMs) =>
        new()
        {
            Index = index,
            CallId = $"call-{index}@test",
            Scenario = "hours",
            Outcome = CallOutcome.Completed,
            StartedAt = Seconds(index * 0.2),
            Trying = TimeSpan.FromMilliseconds(2.5),
            Ringing = TimeSpan.FromMilliseconds(8.25),
            Answer = TimeSpan.FromMilliseconds(31),
            Duration = Seconds(9),
            Codec = "PCMU",
            Greeting = TimeSpan.FromMilliseconds(350),
            LongestWait = TimeSpan.FromMilliseconds(voiceToVoiceMs),
            Turns =
            [
                new TurnMeasurement
                {
                    Index = 0,
                    Text = "are you open",
                    CallerStart = Seconds(3),
                    CallerEnd = Seconds(4),
                    ReplyStart = Seconds(4) + TimeSpan.FromMilliseconds(voiceToVoiceMs),
                    ReplyEnd = Seconds(7),
                    VoiceToVoice = TimeSpan.FromMilliseconds(voiceToVoiceMs),
                    Wait = TimeSpan.FromMilliseconds(voiceToVoiceMs),
                },
            ],
            Packets = new PacketMeasurement
            {
                Received = 449,
                Lost = 1,
                Late = 2,
                Sent = 450,
                JitterMs = 0.123,
                Lateness = Summary.Of([0.1, 0.2, 4.5]),
            },
        };

    private static CallMeasurement Refused(int index) =>
        new()
        {
            Index = index,
            CallId = $"call-{index}@test",
            Scenario = "hours",
            Outcome = CallOutcome.Rejected,
            Cause = "503 Service Unavailable",
            StartedAt = Seconds(index * 0.2),
            Trying = TimeSpan.FromMilliseconds(1),
        };

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
