using System.Net;
using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class TrunkPresetTests
{
    [Fact]
    public void Twilio_is_called_at_its_termination_domain_and_calls_from_its_eight_regions()
    {
        var trunk = TrunkSettings.From(
            new TrunkOptions
            {
                Name = "twilio",
                Preset = TrunkPresetName.Twilio,
                Domain = "example.pstn.twilio.com",
            }
        );

        trunk.Direction.Should().Be(TrunkDirection.Both);
        trunk.Networks.Should().HaveCount(8).And.Contain(IPNetwork.Parse("54.172.60.0/30"));
        trunk.Targets.Single().Uri.ToString().Should().Be("sip:example.pstn.twilio.com;transport=udp");
        trunk.Numbers.Should().Be(NumberFormat.Plus);
        trunk.Codecs.Should().Equal("PCMU", "PCMA");
        trunk.Registrars.Should().BeEmpty();
        trunk.TrustIdentity.Should().BeTrue();
    }

    [Fact]
    public void Vonage_is_called_at_the_account_s_domain_with_digits_alone()
    {
        var trunk = TrunkSettings.From(
            new TrunkOptions
            {
                Name = "vonage",
                Preset = TrunkPresetName.Vonage,
                Domain = "example.sip-us.vonage.com",
                Username = "key",
                Password = "secret",
            }
        );

        trunk.Networks.Should().HaveCount(12).And.Contain(IPNetwork.Parse("216.147.5.2/32"));
        trunk.Numbers.Should().Be(NumberFormat.Digits);
        trunk.Credentials!.Username.Should().Be("key");
        trunk.AskedCredentials.Should().BeNull("the carrier calls from its addresses, without a password");
        trunk.Registrars.Should().BeEmpty();
    }

    [Fact]
    public void Telnyx_with_credentials_registers_and_leaves_the_transport_to_DNS()
    {
        var trunk = TrunkSettings.From(
            new TrunkOptions
            {
                Name = "telnyx",
                Preset = TrunkPresetName.Telnyx,
                Username = "user",
                Password = "secret",
            }
        );

        trunk.Domain.Should().Be("sip.telnyx.com");
        trunk.Registrars.Single().Uri.ToString().Should().Be("sip:sip.telnyx.com");
        trunk.Networks.Should().HaveCount(10).And.Contain(IPNetwork.Parse("192.76.120.10/32"));
        trunk.AssertIdentity.Should().BeTrue();
    }

    [Fact]
    public void Telnyx_without_credentials_is_known_by_address_and_does_not_register()
    {
        var trunk = TrunkSettings.From(new TrunkOptions { Name = "telnyx", Preset = TrunkPresetName.Telnyx });

        trunk.Direction.Should().Be(TrunkDirection.Both);
        trunk.Registrars.Should().BeEmpty();
        trunk.ContactUser.Should().BeNull();
    }

    [Fact]
    public void What_is_set_wins_over_the_preset()
    {
        var trunk = TrunkSettings.From(
            new TrunkOptions
            {
                Name = "telnyx",
                Preset = TrunkPresetName.Telnyx,
                Addresses = ["192.0.2.1"],
                Domain = "sip.telnyx.eu",
                Transport = TrunkTransport.Tls,
                Codecs = ["PCMA"],
                Numbers = NumberFormat.AsGiven,
                AssertIdentity = false,
                Username = "user",
                Password = "secret",
                Register = false,
            }
        );

        trunk.Networks.Should().Equal(IPNetwork.Parse("192.0.2.1/32"));
        trunk.Targets.Single().Uri.ToString().Should().Be("sip:sip.telnyx.eu;transport=tls");
        trunk.Codecs.Should().Equal("PCMA");
        trunk.Numbers.Should().Be(NumberFormat.AsGiven);
        trunk.AssertIdentity.Should().BeFalse();
        trunk.Registrars.Should().BeEmpty();
    }

    [Fact]
    public void A_carrier_without_somewhere_to_call_is_for_calls_in()
    {
        var trunk = TrunkSettings.From(new TrunkOptions { Name = "twilio", Preset = TrunkPresetName.Twilio });

        trunk.Direction.Should().Be(TrunkDirection.Inbound);
    }

    [Fact]
    public void A_PBX_that_is_called_at_its_address_calls_from_there()
    {
        var trunk = TrunkSettings.From(
            new TrunkOptions { Name = "pbx", Targets = [new TrunkTargetOptions { Uri = "192.0.2.7:5070" }] }
        );

        trunk.Direction.Should().Be(TrunkDirection.Both);
        trunk.Networks.Should().Equal(IPNetwork.Parse("192.0.2.7/32"));
        trunk.Domain.Should().Be("192.0.2.7");
        trunk.Targets.Single().Uri.ToString().Should().Be("sip:192.0.2.7:5070");
    }

    [Fact]
    public void The_registered_contact_cannot_be_guessed_and_is_the_same_after_a_restart()
    {
        var options = new TrunkOptions
        {
            Name = "a",
            Username = "u",
            Password = "p",
            Domain = "sip.example.com",
            Register = true,
        };

        var contact = TrunkSettings.From(options).ContactUser;

        TrunkSettings.From(options).ContactUser.Should().Be(contact);
        options.Password = "other";
        TrunkSettings.From(options).ContactUser.Should().NotBe(contact);
    }
}
