using System.Net;
using OCPlatform.Gateways.Sip.Registrar;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Registrar;

/// <summary>The registrar's rules, each as a case: RFC 3261 §10.3, RFC 5626 §6, RFC 3327 §5.3.</summary>
public sealed class BindingsTests
{
    private const string Desk = "Contact: <sip:alice@192.0.2.7>";
    private const string Mobile = "Contact: <sip:alice@192.0.2.8>";

    private readonly Registers _registers = new();

    [Fact]
    public void Without_Contact_it_is_a_question_and_changes_nothing()
    {
        _registers.Send(Desk);

        _registers.Send().Status.Should().Be(200);

        _registers.Contacts.Should().Equal("sip:alice@192.0.2.7 3600");
    }

    [Theory]
    [InlineData("Contact: <sip:a@192.0.2.7>", null, 3600, "neither names a time: the default")]
    [InlineData("Contact: <sip:a@192.0.2.7>", "Expires: 300", 300, "Expires")]
    [InlineData("Contact: <sip:a@192.0.2.7>;expires=120", "Expires: 300", 120, "the Contact's own time goes first")]
    [InlineData("Contact: <sip:a@192.0.2.7>;expires=100000", null, 7200, "cut to the longest")]
    [InlineData("Contact: <sip:a@192.0.2.7>;expires=99999999999999", null, 7200, "beyond 32 bits is just long")]
    [InlineData("Contact: <sip:a@192.0.2.7>;expires=soon", null, 3600, "what cannot be read counts as an hour")]
    [InlineData("Contact: <sip:a@192.0.2.7>", "Expires: soon", 3600, "what cannot be read counts as an hour")]
    [InlineData("Contact: <sip:a@192.0.2.7>;expires=60", null, 60, "exactly the least")]
    public void A_contact_lasts_as_long_as_asked_within_bounds(string contact, string? expires, int seconds, string why)
    {
        _registers.Send(expires is null ? [contact] : [contact, expires]).Status.Should().Be(200);

        _registers.Contacts.Should().Equal([$"sip:a@192.0.2.7 {seconds}"], why);
    }

    [Theory]
    [InlineData(1, 60, 423)]
    [InlineData(59, 60, 423)]
    [InlineData(60, 60, 200)]
    [InlineData(3599, 3600, 423)]
    [InlineData(3600, 3600, 200)]
    public void A_time_too_brief_is_refused_as_a_whole_but_never_an_hour(int asked, int least, int status)
    {
        _registers.Options.MinExpirySeconds = least;

        _registers.Send(Mobile, $"Contact: <sip:alice@192.0.2.7>;expires={asked}").Status.Should().Be(status);

        _registers.All.Length.Should().Be(status == 200 ? 2 : 0);
    }

    [Fact]
    public void Several_contacts_are_kept_with_their_preference()
    {
        _registers.Send($"{Desk};q=0.3, <sip:alice@192.0.2.8>;q=0.75", "Contact: <sip:alice@192.0.2.9>");

        _registers.All.Select(b => b.QThousandths).Should().Equal(300, 750, 1000);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("high")]
    [InlineData("-1")]
    public void A_preference_that_is_none_counts_as_the_highest(string q)
    {
        _registers.Send($"{Desk};q={q}").Status.Should().Be(200);

        _registers.All.Single().QThousandths.Should().Be(1000);
    }

    [Fact]
    public void The_same_contact_again_is_a_refresh()
    {
        _registers.Send(Desk, "Expires: 100");
        _registers.Send(Mobile, "Expires: 100");
        _registers.Now += TimeSpan.FromSeconds(50);

        _registers.Send(Desk, "Expires: 100");

        _registers.Contacts.Should().Equal("sip:alice@192.0.2.7 100", "sip:alice@192.0.2.8 50");
    }

    [Theory]
    [InlineData("sip:alice@Example.COM", "sip:alice@example.com", true, "hosts have no case")]
    [InlineData("sip:Alice@example.com", "sip:alice@example.com", false, "users have")]
    [InlineData("sip:%61lice@example.com", "sip:alice@example.com", true, "an escape is the character")]
    [InlineData("sip:alice@example.com:5060", "sip:alice@example.com", false, "a port given is not a port left out")]
    [InlineData("sips:alice@example.com", "sip:alice@example.com", false, "the scheme counts")]
    [InlineData("sip:alice@example.com;transport=TCP", "sip:alice@example.com;Transport=tcp", true, "no case")]
    [InlineData("sip:alice@example.com;transport=tcp", "sip:alice@example.com", false, "transport on one side only")]
    [InlineData("sip:alice@example.com;user=phone", "sip:alice@example.com", false, "user on one side only")]
    [InlineData("sip:alice@example.com;newparam=5", "sip:alice@example.com", true, "any other on one side only")]
    [InlineData("sip:alice@example.com;newparam=5", "sip:alice@example.com;newparam=6", false, "but not different")]
    [InlineData("sip:alice@example.com;a=1;b=2", "sip:alice@example.com;b=2;a=1", true, "in any order")]
    [InlineData("sip:alice@example.com?subject=x", "sip:alice@example.com", false, "headers count")]
    public void Contacts_are_the_same_by_the_rules_of_URI_equality(string first, string second, bool same, string why)
    {
        _registers.Send($"Contact: <{first}>");

        _registers.Send($"Contact: <{second}>").Status.Should().Be(200);

        _registers.All.Length.Should().Be(same ? 1 : 2, why);
    }

    [Fact]
    public void Expires_0_removes_this_contact_alone()
    {
        _registers.Send(Desk, Mobile);

        _registers.Send($"{Desk};expires=0").Status.Should().Be(200);

        _registers.Contacts.Should().Equal("sip:alice@192.0.2.8 3600");
    }

    [Fact]
    public void Removing_a_contact_that_is_not_there_is_no_error()
    {
        _registers.Send($"{Desk};expires=0").Status.Should().Be(200);

        _registers.All.Should().BeEmpty();
    }

    [Fact]
    public void The_wildcard_with_Expires_0_removes_all()
    {
        _registers.Send(Desk, Mobile);

        _registers.Send("Contact: *", "Expires: 0").Status.Should().Be(200);

        _registers.All.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Contact: *")]
    [InlineData("Contact: *", "Expires: 3600")]
    [InlineData("Contact: *", Desk, "Expires: 0")]
    [InlineData(Desk, "Contact: *", "Expires: 0")]
    [InlineData("Contact: *", "Contact: *", "Expires: 0")]
    public void The_wildcard_otherwise_is_400_and_changes_nothing(params string[] headers)
    {
        _registers.Send(Mobile);

        _registers.Send(headers).Status.Should().Be(400);

        _registers.Contacts.Should().Equal("sip:alice@192.0.2.8 3600");
    }

    [Theory]
    [InlineData("phone-1", 5, 500, "the same number again")]
    [InlineData("phone-1", 4, 500, "a lower number")]
    [InlineData("phone-1", 6, 200, "the next number")]
    [InlineData("phone-1", 600, 200, "any higher number")]
    [InlineData("rebooted", 1, 200, "another Call-ID: the phone has started anew")]
    public void Within_a_Call_ID_the_number_must_rise(string callId, uint cseq, int status, string why)
    {
        _registers.Send("phone-1", 5, Desk, "Expires: 100");

        _registers.Send(callId, cseq, Desk, "Expires: 200").Status.Should().Be(status, why);

        _registers.Contacts.Should().Equal($"sip:alice@192.0.2.7 {(status == 200 ? 200 : 100)}");
    }

    [Fact]
    public void An_old_number_for_one_contact_leaves_the_others_of_the_request_alone_too()
    {
        _registers.Send("phone-1", 5, Desk);

        _registers.Send("phone-1", 4, Mobile, Desk).Status.Should().Be(500);

        _registers.Contacts.Should().Equal("sip:alice@192.0.2.7 3600");
    }

    [Fact]
    public void The_order_holds_for_the_wildcard_too()
    {
        _registers.Send("phone-1", 5, Desk);

        _registers.Send("phone-1", 5, "Contact: *", "Expires: 0").Status.Should().Be(500);

        _registers.All.Should().HaveCount(1);
    }

    [Fact]
    public void An_expired_contact_is_gone_and_its_number_does_not_count()
    {
        _registers.Send("phone-1", 5, Desk, "Expires: 60");
        _registers.Now += TimeSpan.FromSeconds(60);

        _registers.Send("phone-1", 1, Mobile).Status.Should().Be(200);

        _registers.Contacts.Should().Equal("sip:alice@192.0.2.8 3600");
    }

    [Fact]
    public void Beyond_the_most_contacts_403_and_nothing_changes()
    {
        _registers.Options.MaxContactsPerUser = 2;
        _registers.Send(Desk, Mobile);

        var result = _registers.Send("Contact: <sip:alice@192.0.2.9>");

        result.Status.Should().Be(403);
        result.Cause.Should().Contain("all 2 contacts");
        _registers.Send($"{Desk};expires=0, <sip:alice@192.0.2.9>").Status.Should().Be(200, "one goes, one comes");
        _registers.Send(Mobile).Status.Should().Be(200, "a refresh needs no room");
    }

    [Theory]
    [InlineData("<sip:alice@192.0.2.7", 400)]
    [InlineData("<>", 400)]
    [InlineData("\"Alice\" <mailto:alice@example.com>", 200)]
    public void What_cannot_be_read_is_400_but_any_kind_of_URI_may_register(string contact, int status)
    {
        var request = Registers.Request("c", 1);
        request.Headers.Add(SipHeaderId.Contact, contact);

        Bindings.Register([], request, _registers.Flow, _registers.Options, _registers.Now).Status.Should().Be(status);
    }

    [Fact]
    public void Texts_that_would_fill_the_memory_are_refused()
    {
        _registers.Send($"Contact: <sip:alice@192.0.2.7;x={new string('a', 3000)}>").Status.Should().Be(400);
        _registers.Send(Desk, "User-Agent: " + new string('a', 3000)).Status.Should().Be(200);
        _registers.All.Single().UserAgent!.Length.Should().Be(128);
    }

    // --- RFC 5626 -------------------------------------------------------------------------------------------------

    private const string Device = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"";
    private static readonly RegisterFlow WebSocket = new("WS", IPEndPoint.Parse("192.0.2.7:51334"), Connected: true);

    [Fact]
    public void A_device_with_a_new_contact_replaces_its_old_one()
    {
        _registers.Flow = WebSocket;
        _registers.Send(Mobile);
        _registers.Send($"Contact: <sip:x1@a.invalid;transport=ws>{Device};reg-id=1", "Supported: outbound");
        _registers.Flow = WebSocket with { Remote = IPEndPoint.Parse("192.0.2.7:51999") };

        _registers.Send($"Contact: <sip:x2@a.invalid;transport=ws>{Device};reg-id=1", "Supported: outbound");

        _registers.All.Select(b => b.Contact).Should().Equal("sip:alice@192.0.2.8", "sip:x2@a.invalid;transport=ws");
        _registers.All[1].Remote.Should().Be("192.0.2.7:51999");
    }

    [Fact]
    public void Another_flow_of_the_device_stands_beside_the_first()
    {
        _registers.Flow = WebSocket;
        _registers.Send($"Contact: <sip:x@a.invalid>{Device};reg-id=1", "Supported: outbound");

        _registers.Send($"Contact: <sip:x@a.invalid>{Device};reg-id=2", "Supported: outbound");

        _registers.All.Select(b => b.RegId).Should().Equal(1, 2);
    }

    [Theory]
    [InlineData("", ";reg-id=1", "no instance")]
    [InlineData(Device, "", "no reg-id")]
    [InlineData(Device, ";reg-id=x", "reg-id is no number")]
    [InlineData(Device, ";reg-id=0", "reg-id starts at 1")]
    public void Without_both_the_URI_decides(string instance, string regId, string why)
    {
        _registers.Flow = WebSocket;
        _registers.Send($"Contact: <sip:x1@a.invalid>{instance}{regId}", "Supported: outbound");

        var result = _registers.Send($"Contact: <sip:x2@a.invalid>{instance}{regId}", "Supported: outbound");

        result.Outbound.Should().BeFalse(why);
        _registers.All.Length.Should().Be(2, why);
    }

    [Theory]
    [InlineData("WS", true, "Supported: path, outbound", true)]
    [InlineData("TCP", true, "Supported: outbound", true)]
    [InlineData("TCP", true, "Supported: path", false)]
    [InlineData("UDP", false, "Supported: outbound", false)]
    public void Outbound_is_used_where_asked_for_and_kept_alive(
        string transport,
        bool connected,
        string supported,
        bool used
    )
    {
        _registers.Flow = new RegisterFlow(transport, IPEndPoint.Parse("192.0.2.7:5060"), connected);

        var result = _registers.Send($"{Desk}{Device};reg-id=1", supported);

        result.Outbound.Should().Be(used);
        _registers.All.Single().Outbound.Should().Be(used);
    }

    [Fact]
    public void One_REGISTER_registers_one_flow()
    {
        _registers.Send($"{Desk}{Device};reg-id=1", $"{Mobile}{Device};reg-id=2").Status.Should().Be(400);
        _registers
            .Send($"{Desk}{Device};reg-id=1", $"{Mobile}{Device};reg-id=2;expires=0")
            .Status.Should()
            .Be(200, "one is only removed");
    }

    [Theory]
    [InlineData("Path: <sip:edge.example.com;lr>", 439)]
    [InlineData("Path: <sip:edge.example.com;lr;ob>", 200)]
    [InlineData("Path: <sip:core.example.com;lr>, <sip:edge.example.com;lr;ob>", 200)]
    [InlineData("Path: <sip:core.example.com;lr;ob>, <sip:edge.example.com;lr>", 439)]
    public void Through_a_proxy_outbound_needs_the_first_hop_to_keep_the_flow(string path, int status)
    {
        _registers.Flow = WebSocket;

        _registers.Send($"{Desk}{Device};reg-id=1", "Supported: path, outbound", path).Status.Should().Be(status);
    }

    // --- RFC 3327 -------------------------------------------------------------------------------------------------

    [Fact]
    public void Path_is_kept_in_order_and_leads_to_the_phone()
    {
        _registers.Send(
            Desk,
            "Path: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>",
            "Path: <sip:p3.example.com;lr>"
        );

        var binding = _registers.All.Single();
        binding.Path.Should().Equal("<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>", "<sip:p3.example.com;lr>");
        binding.Destination.Should().BeNull("the first of Path is resolved");
        binding.Reachable.Should().BeTrue();
    }

    [Fact]
    public void A_Path_that_cannot_be_read_is_400()
    {
        _registers.Send(Desk, "Path: <sip:p1.example.com;lr>, junk").Status.Should().Be(400);
    }

    // --- The flow -------------------------------------------------------------------------------------------------

    [Fact]
    public void Behind_a_NAT_the_phone_is_reached_where_it_really_came_from()
    {
        _registers.Flow = new RegisterFlow("UDP", IPEndPoint.Parse("203.0.113.9:40123"), Connected: false);
        _registers.Send("Contact: <sip:alice@10.0.0.5:5060>");

        _registers.All.Single().Destination!.ToString().Should().Be("UDP:203.0.113.9:40123");
    }

    [Theory]
    [InlineData("TCP", "sip:alice@192.0.2.7:5060;transport=tcp", "", "TCP:192.0.2.7:5060", "it takes connections")]
    [InlineData("TCP", "sip:alice@10.0.0.5:5060;transport=tcp", "", null, "behind a NAT nothing gets to it")]
    [InlineData("TCP", "sip:alice@192.0.2.7:5060;transport=tcp", Device + ";reg-id=1", null, "outbound: only its flow")]
    [InlineData("WS", "sip:alice@192.0.2.7:5060;transport=ws", "", null, "browsers take no connections")]
    public void A_closed_connection_leaves_what_can_be_reached_anew(
        string transport,
        string contact,
        string parameters,
        string? destination,
        string why
    )
    {
        _registers.Flow = new RegisterFlow(transport, IPEndPoint.Parse("192.0.2.7:51334"), Connected: true);
        _registers.Send($"Contact: <{contact}>{parameters}", "Supported: outbound");
        _registers.All.Single().Destination!.ToString().Should().Be($"{transport}:192.0.2.7:51334");

        var after = Bindings.FlowClosed(_registers.All, transport, "192.0.2.7:51334").Single();

        after.Reachable.Should().Be(destination is not null, why);
        if (destination is not null)
        {
            after.Destination!.ToString().Should().Be(destination);
        }
        Bindings.FlowClosed(_registers.All, transport, "192.0.2.7:9").Single().FlowAlive.Should().BeTrue();
    }

    // --- The answer -----------------------------------------------------------------------------------------------

    [Fact]
    public void The_answer_lists_every_contact_with_the_time_it_has_left()
    {
        _registers.Flow = WebSocket;
        _registers.Send($"{Mobile};q=0.5", "Expires: 100");
        _registers.Now += TimeSpan.FromSeconds(30.5);
        var request = Registers.Request(
            "phone-1",
            9,
            $"{Desk}{Device};reg-id=1",
            "Supported: path, outbound",
            "Path: <sip:edge.example.com;lr;ob>"
        );
        var result = Bindings.Register(_registers.All, request, WebSocket, _registers.Options, _registers.Now);

        var response = RegisterResponse.Ok(request, result, _registers.Now);

        response
            .Headers.Lines(SipHeaderId.Contact)
            .Should()
            .Equal("<sip:alice@192.0.2.8>;expires=70;q=0.5", $"<sip:alice@192.0.2.7>;expires=3600{Device};reg-id=1");
        response.Headers[SipHeaderId.Date].Should().Be("Mon, 02 Mar 2026 09:00:30 GMT");
        response.Require.Should().Equal("outbound");
        response.Supported.Should().Equal("path", "outbound");
        response.Headers[SipHeaderId.Path].Should().Be("<sip:edge.example.com;lr;ob>");
    }

    // --- Addresses of record --------------------------------------------------------------------------------------

    [Theory]
    [InlineData("sip:alice@EXAMPLE.com", "alice@example.com")]
    [InlineData("sips:alice@example.com", "alice@example.com")]
    [InlineData("sip:%61lice@example.com;transport=tcp", "alice@example.com")]
    [InlineData("sip:Alice@example.com", "Alice@example.com")]
    [InlineData("sip:alice@other.example", null)]
    [InlineData("sip:example.com", null)]
    [InlineData("tel:+15550100", null)]
    [InlineData("sip:alice@pbx.example", "alice@example.com")]
    public void An_address_of_record_is_canonical(string uri, string? aor) =>
        (AddressOfRecord.Of(SipUri.Parse(uri), ["example.com", "pbx.example"])?.ToString()).Should().Be(aor);
}
