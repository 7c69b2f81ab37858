using OCPlatform.Contracts.Calls;
using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

public sealed class RequestChecksTests
{
    private readonly SipAdmissionOptions _options = new();

    [Theory]
    [InlineData("frontdesk")]
    [InlineData("sips:frontdesk@node.example")]
    [InlineData("tel:+4989123456")]
    public void An_ordinary_INVITE_is_in_order(string to) =>
        RequestChecks.Of(Wire.Request(SipMethod.Invite, to), _options).Should().BeNull();

    [Theory]
    [InlineData("http://node.example")]
    [InlineData("mailto:frontdesk@node.example")]
    [InlineData("urn:service:sos")]
    public void A_scheme_that_we_do_not_know_gets_416(string to) =>
        StatusOf(Wire.Request(SipMethod.Invite, to)).Should().Be(SipStatus.UnsupportedUriScheme);

    [Fact]
    public void Max_Forwards_of_0_gets_483_but_for_a_REGISTER()
    {
        var invite = Wire.Request(SipMethod.Invite);
        invite.Headers.Set(SipHeaderId.MaxForwards, "0");
        StatusOf(invite).Should().Be(SipStatus.TooManyHops);
        var register = Wire.Request(SipMethod.Register);
        register.Headers.Set(SipHeaderId.MaxForwards, "0");
        RequestChecks.Of(register, _options).Should().BeNull();
    }

    [Fact]
    public void Extensions_that_we_speak_may_be_required_and_only_the_others_are_named()
    {
        var invite = Wire.Request(SipMethod.Invite);
        invite.Headers.Add(SipHeaderId.Require, "100rel, Timer");
        RequestChecks.Of(invite, _options).Should().BeNull();
        invite.Headers.Add(SipHeaderId.Require, "teleport, replaces");
        invite.Headers.Add(SipHeaderId.ProxyRequire, "privacy, warp");
        var fault = RequestChecks.Of(invite, _options)!.Value;
        fault.Status.Should().Be(SipStatus.BadExtension);
        fault.Header.Should().Be(SipHeaderId.Unsupported);
        fault.Value.Should().Be("teleport, warp");
    }

    [Theory]
    [InlineData("frontdesk", true)]
    [InlineData("+4989123456", true)]
    [InlineData("tel:+4989123456;phone-context=x", true)]
    [InlineData("frontdesk;isub=1", true)]
    [InlineData("%66rontdesk", true)]
    [InlineData("front", false)]
    [InlineData("+4930123456", false)]
    public void With_a_list_of_served_users_others_get_404(string to, bool served)
    {
        _options.ServedUsers = ["frontdesk", "+4989*"];
        var fault = RequestChecks.Of(Wire.Request(SipMethod.Invite, to), _options);
        (fault is null).Should().Be(served);
        (fault?.Status ?? SipStatus.NotFound).Should().Be(SipStatus.NotFound);
    }

    [Fact]
    public void A_body_that_is_too_long_gets_413()
    {
        var message = Wire.Request(SipMethod.Message);
        message.SetBody(new byte[_options.MaxBodyBytes], "text/plain");
        RequestChecks.Of(message, _options).Should().BeNull();
        message.SetBody(new byte[_options.MaxBodyBytes + 1], "text/plain");
        StatusOf(message).Should().Be(SipStatus.RequestEntityTooLarge);
    }

    [Fact]
    public void Replaces_of_a_dialog_that_is_none_of_ours_gets_481()
    {
        var invite = Wire.Request(SipMethod.Invite);
        invite.Headers.Add(SipHeaderId.Replaces, "other@node.example;to-tag=theirs;from-tag=mine");
        StatusOf(invite).Should().Be(SipStatus.CallDoesNotExist);
    }

    [Fact]
    public void Requests_are_sorted_by_who_serves_them()
    {
        var call = CallId.New();
        var replacement = Wire.Request(SipMethod.Invite);
        replacement.Headers.Add(SipHeaderId.Replaces, $"a@b;from-tag=x;To-Tag={call.Value};early-only");
        SipRequestKinds.Of(replacement).Should().Be(SipRequestKind.Replacement);
        SipRequestKinds.ReplacedCall(replacement).Should().Be(call);
        SipRequestKinds.Of(Wire.Request(SipMethod.Invite)).Should().Be(SipRequestKind.Call);
        SipRequestKinds.Of(Wire.Request(SipMethod.Invite, toTag: "t")).Should().Be(SipRequestKind.InDialog);
        SipRequestKinds.Of(Wire.Request(SipMethod.Ack)).Should().Be(SipRequestKind.InDialog);
        SipRequestKinds.Of(Wire.Request(SipMethod.Subscribe)).Should().Be(SipRequestKind.Subscribe);
        SipRequestKinds.Of(Wire.Request(SipMethod.Refer)).Should().Be(SipRequestKind.Other);
    }

    private int StatusOf(SipRequest request) => RequestChecks.Of(request, _options)!.Value.Status;
}
