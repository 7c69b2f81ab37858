using System.Xml.Linq;
using OCPlatform.Contracts.Calls;
using OCPlatform.Gateways.Sip.Subscriptions;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Subscriptions;

/// <summary>The states of calls as they pass the gateway, and how they are written (RFC 4235 §3.7.1, §4).</summary>
public sealed class CallStatesTests
{
    private static readonly XNamespace Ns = "urn:ietf:params:xml:ns:dialog-info";

    private readonly List<WatchedDialog> _seen = [];
    private readonly CallStates _states;
    private readonly CallId _call = CallId.New();

    public CallStatesTests() => _states = new CallStates(_seen.Add);

    private IEnumerable<string> Seen => _seen.Select(d => d.Event is null ? $"{d.State}" : $"{d.State} {d.Event}");

    [Fact]
    public void A_call_rings_is_answered_and_hung_up_by_its_caller()
    {
        _states.OnInvite(_call, Invite());
        _states.OnInviteResponse(_call, 100);
        _states.OnInviteResponse(_call, 180);
        _states.OnInviteResponse(_call, 183);
        _states.OnInviteResponse(_call, 200);
        _states.OnBye(_call, fromPeer: true);
        _states.OnForgotten(_call);

        Seen.Should().Equal("Trying", "Early", "Confirmed", "Terminated RemoteBye");
        _seen.Should().OnlyContain(d => d.Resource == "frontdesk" && !d.Initiator);
    }

    [Theory]
    [InlineData(487, "Terminated Cancelled")]
    [InlineData(486, "Terminated Rejected")]
    [InlineData(603, "Terminated Rejected")]
    public void A_call_that_is_not_answered_ends_with_its_cause(int status, string end)
    {
        _states.OnInvite(_call, Invite());
        _states.OnInviteResponse(_call, status);
        _states.OnForgotten(_call);

        Seen.Should().Equal("Trying", end);
    }

    [Fact]
    public void A_re_INVITE_changes_nothing_not_even_refused()
    {
        _states.OnInvite(_call, Invite());
        _states.OnInviteResponse(_call, 200);
        _states.OnInviteResponse(_call, 488);

        Seen.Should().Equal("Trying", "Confirmed");
    }

    [Fact]
    public void A_call_whose_end_was_not_seen_ends_when_it_is_forgotten()
    {
        _states.OnInvite(_call, Invite());
        _states.OnForgotten(_call);
        _states.OnForgotten(_call);

        Seen.Should().Equal("Trying", "Terminated Error");
    }

    [Fact]
    public void A_call_placed_here_proceeds_until_the_peer_has_a_tag()
    {
        var invite = Invite();
        _states.OnInviteSent(_call, invite);
        _states.OnInviteSent(_call, invite);
        _states.OnInviteResponse(_call, 180);
        _states.OnInviteResponse(_call, 180, "peer");
        _states.OnInviteResponse(_call, 200, "peer");
        _states.OnBye(_call, fromPeer: false);

        Seen.Should().Equal("Trying", "Proceeding", "Early", "Confirmed", "Terminated LocalBye");
        _seen[^1].Should().Match<WatchedDialog>(d => d.Resource == "alice" && d.Initiator && d.RemoteTag == "peer");
    }

    [Fact]
    public void Watchers_learn_who_calls_but_not_what_would_let_them_end_the_call()
    {
        _states.OnInvite(_call, Invite());
        _states.OnInviteResponse(_call, 200);

        var document = Write(revealIds: false);

        document.Root!.Name.Should().Be(Ns + "dialog-info");
        document.Root.Attribute("version")!.Value.Should().Be("3");
        document.Root.Attribute("state")!.Value.Should().Be("full");
        document.Root.Attribute("entity")!.Value.Should().Be("sip:frontdesk@example.com");
        var dialog = document.Root.Element(Ns + "dialog")!;
        dialog.Attribute("direction")!.Value.Should().Be("recipient");
        dialog.Element(Ns + "state")!.Value.Should().Be("confirmed");
        var remote = dialog.Element(Ns + "remote")!.Element(Ns + "identity")!;
        remote.Value.Should().Be("sip:alice@example.com");
        remote.Attribute("display")!.Value.Should().Be("Alice \"<&>\"");
        document.ToString().Should().NotContain(_call.Value).And.NotContain("the-call-id");
    }

    [Fact]
    public void Where_taking_over_calls_is_wanted_their_ids_are_told()
    {
        _states.OnInvite(_call, Invite());

        var dialog = Write(revealIds: true).Root!.Element(Ns + "dialog")!;

        dialog.Attribute("call-id")!.Value.Should().Be("the-call-id");
        dialog.Attribute("local-tag")!.Value.Should().Be(_call.Value);
        dialog.Attribute("remote-tag")!.Value.Should().Be("a");
    }

    [Fact]
    public void A_caller_that_asked_for_privacy_is_not_named()
    {
        var invite = Invite();
        invite.Headers.Add(SipHeaderId.Privacy, "id;critical");
        _states.OnInvite(_call, invite);

        Write(revealIds: false).ToString().Should().NotContain("alice");
    }

    [Fact]
    public void The_event_of_an_end_is_told()
    {
        _states.OnInvite(_call, Invite());
        _states.OnInviteResponse(_call, 200);
        _states.OnBye(_call, fromPeer: true);

        var state = Write(revealIds: false).Root!.Element(Ns + "dialog")!.Element(Ns + "state")!;

        state.Value.Should().Be("terminated");
        state.Attribute("event")!.Value.Should().Be("remote-bye");
    }

    [Fact]
    public void Characters_that_no_document_may_hold_do_not_break_it()
    {
        var invite = Invite();
        invite.From = new NameAddress(SipUri.Parse("sip:alice@example.com"), "bell\a and \ud83d\ude00", "a");
        _states.OnInvite(_call, invite);

        Write(revealIds: false)
            .Descendants(Ns + "identity")
            .Last()
            .Attribute("display")!
            .Value.Should()
            .Be("bell? and 😀");
    }

    private XDocument Write(bool revealIds) =>
        XDocument.Load(
            new MemoryStream(DialogInfo.Write(3, true, "sip:frontdesk@example.com", [_seen[^1]], revealIds))
        );

    private static SipRequest Invite() =>
        SipRequest.Create(
            SipMethod.Invite,
            SipUri.Parse("sip:frontdesk@example.com"),
            new NameAddress(SipUri.Parse("sip:alice@example.com;x=y"), "Alice \"<&>\"", "a"),
            callId: "the-call-id"
        );
}
