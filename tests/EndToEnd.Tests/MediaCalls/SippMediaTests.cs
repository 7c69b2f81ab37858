using OCPlatform.EndToEnd.Tests.Sip;
using OCPlatform.Media.Codecs;

namespace OCPlatform.EndToEnd.Tests.MediaCalls;

/// <summary>SIPp plays captured and streamed RTP; the platform counts and understands what came.</summary>
[Collection(SignallingCollection.Name)]
public sealed class SippMediaTests(SignallingPlatform signalling)
{
    private const string Captures = "/usr/share/sip-tester";

    // g711a.pcap of Debian's sip-tester.
    private const int CapturedPackets = 236;

    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public async Task A_captured_call_comes_in_whole_and_its_keys_are_understood()
    {
        const string user = "sipp-pcap";
        var scenario = Call("8 101")
            .Action($"<exec play_pcap_audio=\"{Captures}/g711a.pcap\"/>")
            .Pause(8_000)
            .Action($"<exec play_pcap_audio=\"{Captures}/dtmf_2833_1.pcap\"/>")
            .Pause(1_000)
            .Action($"<exec play_pcap_audio=\"{Captures}/dtmf_2833_star.pcap\"/>")
            .Pause(1_000)
            .Bye()
            .Response(200);

        await Sipp.RunAsync(
            Platform,
            scenario,
            new SippOptions { Service = user, Deadline = TimeSpan.FromSeconds(40) }
        );

        var record = await Platform.EndedCallToAsync(user);
        record.Text("codec").Should().Be("PCMA");
        record.Text("digits").Should().Be("1*");
        var quality = record.GetProperty("quality");
        quality.GetProperty("packetsReceived").GetInt64().Should().BeGreaterThanOrEqualTo(CapturedPackets);
    }

    [Fact]
    public async Task A_streamed_file_comes_in_whole()
    {
        const string user = "sipp-stream";
        const int seconds = 3;
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.ulaw");
        var speech = new byte[8_000 * seconds];
        G711.Encode(AudioCodec.Pcmu, new short[speech.Length], speech);
        await File.WriteAllBytesAsync(file, speech);
        try
        {
            var scenario = Call("0")
                .Action($"<exec rtp_stream=\"{file},1,0,PCMU/8000\"/>")
                .Pause(seconds * 1_000 + 500)
                .Bye()
                .Response(200);

            await Sipp.RunAsync(Platform, scenario, new SippOptions { Service = user });
        }
        finally
        {
            File.Delete(file);
        }

        var quality = (await Platform.EndedCallToAsync(user)).GetProperty("quality");
        quality.GetProperty("packetsReceived").GetInt64().Should().BeInRange(seconds * 50 - 2, seconds * 50 + 2);
        quality.GetProperty("packetsLost").GetInt64().Should().Be(0);
    }

    private static SippScenario Call(string formats) =>
        new SippScenario("media").Invite(SippSdp.Offer(formats: formats)).Answered().Ack();
}
