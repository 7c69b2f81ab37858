namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Callers and phones that must know a password (RFC 3261 §22). Their address is not the trunk's.</summary>
[Collection(SignallingCollection.Name)]
public sealed class DigestTests(SignallingPlatform signalling)
{
    private static readonly string[] Credentials =
    [
        $"[authentication username={SignallingPlatform.UserName} password={SignallingPlatform.Password}]",
    ];

    private static readonly string[] WrongCredentials =
    [
        $"[authentication username={SignallingPlatform.UserName} password=wrong]",
    ];

    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public async Task A_stranger_is_challenged_and_called_through_with_the_password()
    {
        var scenario = ChallengedInvite("Digest", Credentials).Answered().Ack().Bye().Response(200);
        await Sipp.RunAsync(
            Platform,
            scenario,
            new SippOptions { Address = SignallingPlatform.StrangersAddress, Service = "digest" }
        );

        (await Platform.EndedCallToAsync("digest")).Text("endCause", "reason").Should().Be("hungUp");
    }

    [Fact]
    public Task A_wrong_password_gets_403() =>
        Sipp.RunAsync(
            Platform,
            ChallengedInvite("Wrong password", WrongCredentials)
                .Response(100, optional: true)
                .Response(403, matching: ["Warning:"])
                .AckRefusal(),
            new SippOptions { Address = "127.0.0.20" }
        );

    [Fact]
    public Task A_phone_registers_is_listed_and_takes_it_back() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("REGISTER") { User = SignallingPlatform.UserName, AddressOfRecord = RegisteredUri }
                .Request("REGISTER", inDialog: false, headers: ["Expires: 120"])
                .Response(401, challenge: true)
                .Request("REGISTER", inDialog: false, headers: ["Expires: 120", .. Credentials])
                .Response(200, matching: ["Contact:.*expires=120"])
                .Request("REGISTER", inDialog: false, headers: ["Expires: 0", .. Credentials])
                .Response(200, lacking: ["Contact:.*expires"]),
            new SippOptions { Address = SignallingPlatform.StrangersAddress }
        );

    [Fact]
    public Task A_registration_that_is_too_short_gets_423_with_the_least() =>
        Sipp.RunAsync(
            Platform,
            new SippScenario("423") { User = SignallingPlatform.UserName, AddressOfRecord = RegisteredUri }
                .Request("REGISTER", inDialog: false, headers: ["Expires: 1"])
                .Response(401, challenge: true)
                .Request("REGISTER", inDialog: false, headers: ["Expires: 1", .. Credentials])
                .Response(423, matching: ["Min-Expires:"]),
            new SippOptions { Address = SignallingPlatform.StrangersAddress }
        );

    [Fact]
    public async Task A_thousand_wrong_passwords_start_no_call_and_leave_no_memory_behind()
    {
        const int attempts = 1000;
        var options = new SippOptions
        {
            Address = "127.0.0.21",
            Service = "guessed",
            Calls = attempts,
            Rate = 250,
            Deadline = TimeSpan.FromSeconds(40),
        };
        var scenario = ChallengedInvite("Wrong password", WrongCredentials)
            .Response(100, optional: true)
            .Response(403)
            .AckRefusal();
        // The first hundred warm up what any request needs.
        await Sipp.RunAsync(Platform, scenario, options with { Calls = 100 });
        var before = await PlatformState.OfAsync(Platform);

        await Sipp.RunAsync(Platform, scenario, options);

        var after = await PlatformState.OfAsync(Platform);
        (after.WrongPasswords - before.WrongPasswords).Should().Be(attempts);
        after.CallsEver.Should().Be(before.CallsEver, "no call is started for who has no password");
        (after.ResidentBytes - before.ResidentBytes).Should().BeLessThan(16 << 20, "nothing is kept of them");
        await Platform.WaitForJsonAsync(
            "/sip/status",
            status => status.GetProperty("transactions").GetInt32() <= before.Transactions + 5,
            TimeSpan.FromSeconds(5),
            "the refused INVITEs to be forgotten"
        );
    }

    private static string RegisteredUri => $"sip:{SignallingPlatform.UserName}@[remote_ip]:[remote_port]";

    private static SippScenario ChallengedInvite(string name, string[] credentials) =>
        new SippScenario(name) { User = SignallingPlatform.UserName }
            .Invite(SippSdp.Offer())
            .Response(100, optional: true)
            .Response(401, challenge: true, matching: ["qop="])
            .AckRefusal()
            .Invite(SippSdp.Offer(), headers: credentials);
}
