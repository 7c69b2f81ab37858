using OCPlatform.EndToEnd.Tests.Sip;
using OCPlatform.LoadTest;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>Unmodified softphones call the platform.</summary>
[Collection(SignallingCollection.Name)]
public sealed class PhoneTests(SignallingPlatform signalling)
{
    private const double AudibleRms = 300;

    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData("baresip", "udp")]
    [InlineData("baresip", "tcp")]
    [InlineData("baresip", "tls")]
    [InlineData("linphone", "udp")]
    [InlineData("linphone", "tcp")]
    [InlineData("linphone", "tls")]
    public async Task A_phone_hears_the_greeting_holds_resumes_and_hangs_up(string phoneName, string transport)
    {
        var user = $"{phoneName}-{transport}-greeted";
        await using var phone = await StartAsync(phoneName, transport);
        await phone.CallAsync(user);
        await Platform.AgentSpokeAsync(user);
        await phone.HoldAsync();
        await Platform.OnHoldAsync(user, true);
        await phone.ResumeAsync();
        await Platform.OnHoldAsync(user, false);
        await phone.HangUpAsync();

        var record = await Platform.EndedCallToAsync(user);
        record.Text("endCause", "by").Should().Be("caller");
        record.Text("endCause", "reason").Should().Be("hungUp");
        record.GetProperty("quality").GetProperty("packetsReceived").GetInt32().Should().BePositive();
        var heard = TelephoneAudio.ReadWav(await phone.RecordingAsync());
        TestTone.LoudestRms(heard).Should().BeGreaterThan(AudibleRms, "the greeting is heard");
    }

    [Theory]
    [InlineData("baresip", "udp")]
    [InlineData("linphone", "udp")]
    public async Task A_phone_is_hung_up_on_when_the_agent_says_goodbye(string phoneName, string transport)
    {
        var user = $"{phoneName}-{transport}-goodbye";
        await using var phone = await StartAsync(phoneName, transport);
        await phone.CallAsync(user);
        await Platform.AgentSpokeAsync(user);
        await phone.PressAsync('9');
        await phone.HungUpByPeerAsync();

        var record = await Platform.EndedCallToAsync(user);
        record.Text("endCause", "by").Should().Be("agent");
    }

    private Task<IPhone> StartAsync(string phoneName, string transport) =>
        StartAsync(signalling, phoneName, transport, SignallingPlatform.UserName);

    internal static async Task<IPhone> StartAsync(
        SignallingPlatform signalling,
        string phoneName,
        string transport,
        string user,
        bool registers = false
    )
    {
        var isTls = transport == "tls";
        var account = new PhoneAccount(
            user,
            SignallingPlatform.Password,
            transport,
            $"127.0.0.1:{(isTls ? signalling.Secure.Tls : signalling.Platform.Ports.Sip)}",
            registers,
            isTls ? signalling.Certificate.AuthorityFile : null
        );
        return phoneName == "baresip" ? await Baresip.StartAsync(account) : await Linphone.StartAsync(account);
    }
}
