using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using OCPlatform.EndToEnd.Tests.Sip;
using OCPlatform.Media.Codecs;

namespace OCPlatform.EndToEnd.Tests.MediaCalls;

/// <summary>A call is captured by the API, and what tshark finds in it is what the record says.</summary>
[Collection(SignallingCollection.Name)]
public sealed class CaptureTests(SignallingPlatform signalling)
{
    private const string User = "captured";

    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public async Task A_call_that_is_waited_for_can_be_read_by_wireshark_and_its_quality_is_told()
    {
        const int seconds = 3;
        var awaited = await Platform.Http.PostAsJsonAsync("/api/captures", new { match = User });
        awaited.StatusCode.Should().Be(HttpStatusCode.Created);
        var speech = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.ulaw");
        var capture = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pcapng");
        try
        {
            var codes = new byte[8_000 * seconds];
            G711.Encode(AudioCodec.Pcmu, new short[codes.Length], codes);
            await File.WriteAllBytesAsync(speech, codes);
            var scenario = new SippScenario("captured")
                .Invite(SippSdp.Offer(formats: "0"))
                .Answered()
                .Ack()
                .Action($"<exec rtp_stream=\"{speech},1,0,PCMU/8000\"/>")
                .Pause(seconds * 1_000 + 500)
                .Bye()
                .Response(200);
            await Sipp.RunAsync(Platform, scenario, new SippOptions { Service = User });
            var record = await Platform.EndedCallToAsync(User);
            var quality = record.GetProperty("quality");
            var inbound = quality.GetProperty("inbound");
            inbound.GetProperty("codec").GetString().Should().Be("PCMU");
            inbound.GetProperty("scale").GetString().Should().Be("narrowband");
            inbound.GetProperty("mosLq").GetDouble().Should().BeGreaterThan(4);

            await File.WriteAllBytesAsync(
                capture,
                await Platform.Http.GetByteArrayAsync($"/api/calls/{record.GetProperty("id").GetString()}/capture")
            );
            (await Tshark(capture, "-Y", "sip", "-T", "fields", "-e", "sip.Method", "-e", "sip.Status-Code"))
                .Select(line => line.Trim())
                .Should()
                .ContainInOrder("INVITE", "180", "200", "ACK", "BYE", "200");
            var streams = (await Tshark(capture, "-q", "-z", "rtp,streams"))
                .Where(line => line.Contains("g711U", StringComparison.Ordinal))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .ToList();
            // Source address and packets of a row.
            var (source, packets) = (2, 8);
            var received = quality.GetProperty("packetsReceived").GetInt64();
            var sent = quality.GetProperty("packetsSent").GetInt64();
            streams.Should().HaveCount(2);
            long.Parse(streams.Single(row => row[source] == SignallingPlatform.TrunkAddress)[packets])
                .Should()
                .Be(received);
            // The stream ends a tick or two after the record was made.
            long.Parse(streams.Single(row => row[source] != SignallingPlatform.TrunkAddress)[packets])
                .Should()
                .BeInRange(sent, sent + 5);
        }
        finally
        {
            File.Delete(speech);
            File.Delete(capture);
        }

        var metrics = await Platform.Http.GetStringAsync("/metrics");
        metrics
            .Should()
            .MatchRegex(
                "ocp_media_mos_lq_bucket\\{direction=\"in\",codec=\"[^\"]+\",trunk=\"sipp\",le=\"4.5\"\\} [1-9]"
            );
    }

    [Fact]
    public async Task Calls_that_are_not_there_are_not_captured()
    {
        const string nobody = "c00aaaaaaaaaaaaaaaaaaaa";
        (await Platform.Http.PostAsync("/api/calls/nonsense/capture", null))
            .StatusCode.Should()
            .Be(HttpStatusCode.BadRequest);
        (await Platform.Http.PostAsync($"/api/calls/{nobody}/capture", null))
            .StatusCode.Should()
            .Be(HttpStatusCode.Conflict);
        (await Platform.Http.DeleteAsync($"/api/calls/{nobody}/capture"))
            .StatusCode.Should()
            .Be(HttpStatusCode.Conflict);
        (await Platform.Http.GetAsync($"/api/calls/{nobody}/capture")).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await Platform.Http.PostAsJsonAsync("/api/captures", new { count = 2 }))
            .StatusCode.Should()
            .Be(HttpStatusCode.BadRequest);
        (await Platform.Http.DeleteAsync("/api/captures/w0")).StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    private static async Task<string[]> Tshark(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo("tshark") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-r", file, "-n", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0, await errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
