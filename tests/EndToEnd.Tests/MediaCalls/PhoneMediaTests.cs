using System.Text.Json;
using OCPlatform.EndToEnd.Tests.Phones;
using OCPlatform.EndToEnd.Tests.Sip;
using OCPlatform.LoadTest;

namespace OCPlatform.EndToEnd.Tests.MediaCalls;

/// <summary>
/// baresip calls the echo service with every codec and every kind of encryption: what it hears is its own tone, which the
/// platform has decrypted, decoded, encoded and encrypted again.
/// </summary>
[Collection(SignallingCollection.Name)]
public sealed class PhoneMediaTests(SignallingPlatform signalling)
{
    private const int TwoSecondsOfPackets = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData("opus/48000/2", "opus", "", "", "opus", "")]
    [InlineData("G722/16000/1", "g722", "", "", "G722", "")]
    [InlineData("L16/16000/1", "l16", "", "", "L16", "")]
    [InlineData("pcma/8000/1", "g711", "srtp", "", "PCMA", "SDES")]
    [InlineData("pcmu/8000/1", "g711", "srtp-mand", "", "PCMU", "SDES")]
    [InlineData("opus/48000/2", "opus", "srtp-mand", "", "opus", "SDES")]
    [InlineData("pcmu/8000/1", "g711", "dtls_srtp", "", "PCMU", "DTLS")]
    [InlineData("opus/48000/2", "opus", "dtls_srtp", "ice,mux", "opus", "DTLS")]
    [InlineData("pcmu/8000/1", "g711", "dtls_srtp", "ice", "PCMU", "DTLS")]
    public async Task A_phone_hears_itself(
        string codec,
        string module,
        string encryption,
        string path,
        string codecName,
        string encryptionName
    )
    {
        var account = new PhoneAccount(
            SignallingPlatform.UserName,
            SignallingPlatform.Password,
            "udp",
            $"127.0.0.1:{Platform.Ports.Sip}"
        )
        {
            Media = new PhoneMedia(codec, module, encryption, path.Contains("ice"), path.Contains("mux")),
        };
        await using var phone = await Baresip.StartAsync(account);
        var begun = TimeProvider.System.GetUtcNow();
        await phone.CallAsync(SignallingPlatform.EchoNumber);
        var id = await LiveCallAsync(begun, TwoSecondsOfPackets, $"two seconds of {codec} {encryption}");
        await phone.HangUpAsync();

        var heard = TelephoneAudio.ReadWav(await phone.RecordingAsync());
        TestTone.Share(heard).Should().BeGreaterThan(0.9, "what comes back is the tone and nothing else");
        var record = await Platform.WaitForJsonAsync(
            $"/api/calls/{id}",
            call => call.Text("state") == "ended",
            Patience,
            "the call's end"
        );
        record.Text("codec").Should().Be(codecName);
        record.Text("encryption").Should().StartWith(encryptionName);
        record.Text("endCause", "by").Should().Be("caller");
    }

    /// <summary>The id of the one live call to the echo, once so many packets have come in.</summary>
    /// <param name="since">The list of calls lags: an earlier call may still stand in it.</param>
    private async Task<string> LiveCallAsync(DateTimeOffset since, int packets, string what)
    {
        var id = "";
        await Platform.LiveCallAsync(
            SignallingPlatform.EchoNumber,
            call =>
            {
                id = call.Text("id");
                return call.GetProperty("receivedAt").GetDateTimeOffset() >= since;
            },
            "the call"
        );
        await Platform.WaitForJsonAsync(
            $"/api/calls/{id}",
            call =>
                call.TryGetProperty("quality", out var quality)
                && quality.GetProperty("packetsReceived").GetInt64() >= packets,
            Patience,
            what
        );
        return id;
    }
}
