using System.Diagnostics;
using System.Text.Json;
using OCPlatform.LoadTest;

namespace OCPlatform.EndToEnd.Tests.Voice;

/// <summary>An unmodified softphone, baresip from Debian, calls and keeps a recording of what it heard.</summary>
[Collection(PlatformCollection.Name)]
public sealed class BaresipTests(HostFixture fixture)
{
    private const int TalkSeconds = 8;

    [Fact]
    public async Task Baresip_hears_the_greeting_and_its_hang_up_is_the_callers_doing()
    {
        using var phone = new Baresip();
        await phone.CallAsync($"sip:frontdesk@127.0.0.1:{fixture.Platform.Ports.Sip}");

        var record = await RecordOfCallFrom(Baresip.User);
        var greeting = VoiceCalls.Turns(record, "agent")[0];
        await using var calls = new VoiceCalls(fixture.Platform);
        // What was recorded while the greeting was spoken: in the noise behind it a recogniser may find words.
        var spoken = record
            .GetProperty("turns")
            .EnumerateArray()
            .First(t => t.GetProperty("speaker").GetString() == "agent");
        var until =
            spoken.GetProperty("endedAt").GetDateTimeOffset() - record.GetProperty("answeredAt").GetDateTimeOffset();
        var recorded = TelephoneAudio.ReadWav(phone.Recording);
        var samples = (int)((until + TimeSpan.FromSeconds(1)).TotalSeconds * 8_000);
        var heard = await calls.TranscribeAsync(recorded[..Math.Min(samples, recorded.Length)]);
        WordErrors
            .Understood(greeting, heard)
            .Should()
            .BeGreaterThanOrEqualTo(0.9, "said: {0}; heard: {1}", greeting, heard);
        record.GetProperty("endCause").GetProperty("by").GetString().Should().Be("caller");
        record.GetProperty("endCause").GetProperty("reason").GetString().Should().Be("hungUp");
    }

    private async Task<JsonElement> RecordOfCallFrom(string user)
    {
        var list = await fixture.Platform.WaitForJsonAsync(
            "/api/calls?limit=200",
            json => json.GetProperty("calls").EnumerateArray().Any(IsIt),
            TimeSpan.FromSeconds(20),
            "the ended call of baresip"
        );
        var id = list.GetProperty("calls").EnumerateArray().First(IsIt).GetProperty("id").GetString();
        return await fixture.Platform.GetJsonAsync($"/api/calls/{id}");

        bool IsIt(JsonElement call) =>
            call.GetProperty("from").GetString()!.Contains(user) && call.GetProperty("state").GetString() == "ended";
    }

    /// <summary>baresip with a folder of its own: silence for a microphone, its decoded audio dumped into a WAV.</summary>
    private sealed class Baresip : IDisposable
    {
        public const string User = "baresip-listener";

        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("baresip-");

        public Baresip()
        {
            var silence = Path.Combine(_folder.FullName, "silence.wav");
            using (var wav = new Media.Dsp.WavWriter(silence, 8000, 1))
            {
                wav.Write(new short[8000 * (TalkSeconds + 2)]);
            }
            File.WriteAllText(Path.Combine(_folder.FullName, "accounts"), $"<sip:{User}@127.0.0.1>;regint=0\n");
            File.WriteAllText(
                Path.Combine(_folder.FullName, "config"),
                $"""
                sip_listen 127.0.0.1:0
                audio_player aubridge,ear
                audio_source aufile,{silence}
                module_path /usr/lib/baresip/modules
                module g711.so
                module aufile.so
                module aubridge.so
                module sndfile.so
                module_tmp account.so
                module_app menu.so
                snd_path {_folder.FullName}

                """
            );
        }

        public string Recording => Directory.GetFiles(_folder.FullName, "dump-*-dec.wav").Single();

        /// <summary>Calls, listens for a while and hangs up.</summary>
        public async Task CallAsync(string uri)
        {
            var start = new ProcessStartInfo("baresip")
            {
                ArgumentList = { "-f", _folder.FullName, "-4", "-e", $"/dial {uri}", "-t", $"{TalkSeconds}" },
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(TalkSeconds + 20));
            await process.WaitForExitAsync(deadline.Token);
            string.Concat(await output).Should().Contain("Call established");
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
