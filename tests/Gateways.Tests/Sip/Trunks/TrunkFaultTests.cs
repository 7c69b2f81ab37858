using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class TrunkFaultTests
{
    public static TheoryData<TrunkOptions, string, string> Wrong =>
        new()
        {
            {
                new() { Preset = TrunkPresetName.Twilio, Direction = TrunkDirection.Outbound },
                "Domain",
                "example.pstn.twilio.com"
            },
            {
                new() { Addresses = ["10.0.0.1"], Password = "p" },
                "Username",
                "no username"
            },
            {
                new() { Username = "u" },
                "Password",
                "no password"
            },
            {
                new() { Addresses = ["nonsense"] },
                "Addresses",
                "neither an address nor a network"
            },
            { new(), "Addresses", "would admit everyone" },
            {
                new()
                {
                    Domain = "sip.example.com",
                    Username = "u",
                    Password = "p",
                },
                "Addresses",
                "where its calls come from"
            },
            {
                new() { Domain = "a b", Direction = TrunkDirection.Outbound },
                "Domain",
                ""
            },
            { Target("sip:alice@example.com"), "Targets", "not a target" },
            { Target("sip:example.com;transport=ws"), "Targets", "not a target" },
            { Target("http://example.com"), "Targets", "not a target" },
            { Outbound(o => o.CallerId = "front desk"), "CallerId", "not a telephone number" },
            { Outbound(o => o.FailoverOn = [200]), "FailoverOn", "200" },
            { Outbound(o => o.Headers["From"] = "x"), "Headers", "'From' is written by the gateway" },
            { Outbound(o => o.Headers["X-A"] = "a\r\nB: c"), "Headers", "'X-A'" },
            { Outbound(o => o.Headers["X A"] = "a"), "Headers", "'X A'" },
            { Outbound(o => o.Guards.Allow = ["Germany"]), "Guards", "'Germany' is not a prefix" },
            { Outbound(o => o.Guards.MaxSpendPerDay = 5), "Guards", "no rates" },
            { Outbound(o => o.Register = true), "Register", "without a username" },
            { Outbound(o => o.AskCredentials = true), "AskCredentials", "no username" },
        };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void A_wrong_trunk_is_told_by_key_and_cause(TrunkOptions options, string key, string cause)
    {
        options.Name = "odd";

        TrunkSettings.FaultsOf(options).Should().Contain(f => f.Key == key && f.Message.Contains(cause));
        var read = () => TrunkSettings.From(options);
        read.Should().Throw<ArgumentException>().WithMessage("*'odd'*");
    }

    [Fact]
    public void A_password_is_never_in_a_fault()
    {
        var options = new TrunkOptions
        {
            Name = "odd",
            Password = "hunter2",
            Addresses = ["nonsense"],
        };

        TrunkSettings.FaultsOf(options).Should().OnlyContain(fault => !fault.Message.Contains("hunter2"));
    }

    private static TrunkOptions Target(string uri) =>
        new() { Direction = TrunkDirection.Outbound, Targets = [new TrunkTargetOptions { Uri = uri }] };

    private static TrunkOptions Outbound(Action<TrunkOptions> change)
    {
        var options = new TrunkOptions { Domain = "sip.example.com", Direction = TrunkDirection.Outbound };
        change(options);
        return options;
    }
}
