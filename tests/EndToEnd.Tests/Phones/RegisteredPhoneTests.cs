using OCPlatform.EndToEnd.Tests.Sip;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>Unmodified softphones register by digest and are called by the platform, over every transport that they speak.</summary>
[Collection(SignallingCollection.Name)]
public sealed class RegisteredPhoneTests(SignallingPlatform signalling)
{
    private PlatformProcess Platform => signalling.Platform;

    [Theory]
    [InlineData("baresip", "udp")]
    [InlineData("baresip", "tcp")]
    [InlineData("baresip", "tls")]
    [InlineData("linphone", "udp")]
    [InlineData("linphone", "tcp")]
    [InlineData("linphone", "tls")]
    public async Task A_phone_registers_is_called_held_and_hung_up_on(string phoneName, string transport)
    {
        var user = SignallingPlatform.PhoneUser(phoneName, transport);
        await using var phone = await StartAsync(phoneName, transport, user);
        await RegisteredAsync(user);
        var id = await Platform.PlaceAsync($"sip:{user}@127.0.0.1");
        await phone.AnswerAsync();
        await Platform.CallAsync(
            id,
            call => call.Text("quality", "packetsReceived") is not ("" or "0"),
            "the phone to be heard"
        );
        await Platform.DoAsync(id, "hold");
        await Platform.DoAsync(id, "resume");
        await Platform.DoAsync(id, "hangup");
        await phone.HungUpByPeerAsync();

        var record = await Platform.EndedCallAsync(id);
        record.Text("remoteAddress").Should().StartWith("127.0.0.1:");
        record.Text("endCause", "reason").Should().Be("hungUp");
    }

    [Theory]
    [InlineData("baresip", "udp")]
    [InlineData("baresip", "tcp")]
    [InlineData("baresip", "tls")]
    [InlineData("linphone", "udp")]
    [InlineData("linphone", "tcp")]
    [InlineData("linphone", "tls")]
    public async Task A_phone_that_was_called_hangs_up_itself(string phoneName, string transport)
    {
        var user = SignallingPlatform.PhoneUser(phoneName, transport);
        await using var phone = await StartAsync(phoneName, transport, user);
        await RegisteredAsync(user);
        var id = await Platform.PlaceAsync($"sip:{user}@127.0.0.1");
        await phone.AnswerAsync();
        await Platform.ConnectedAsync(id);
        await phone.HangUpAsync();

        (await Platform.EndedCallAsync(id)).Text("endCause", "reason").Should().Be("hungUp");
    }

    private Task RegisteredAsync(string user) =>
        Platform.WaitForJsonAsync(
            "/api/registrations",
            json => json.GetProperty("registrations").EnumerateArray().Any(r => r.Text("aor").StartsWith($"{user}@")),
            TimeSpan.FromSeconds(15),
            $"{user} to be registered"
        );

    private Task<IPhone> StartAsync(string phoneName, string transport, string user) =>
        PhoneTests.StartAsync(signalling, phoneName, transport, user, registers: true);
}
