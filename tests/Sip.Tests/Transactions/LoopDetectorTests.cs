using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Tests.Transactions;

public class LoopDetectorTests
{
    private readonly LoopDetector _loops = new();

    private SipRequest Sent(string uri = "sip:agent@example.com;x=%20y")
    {
        var request = SipRequest.Create("INVITE", SipUri.Parse(uri), NameAddress.Parse("<sip:a@example.com>"));
        request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP 192.0.2.1;branch={_loops.NewBranch(request)};rport");
        return request;
    }

    /// <summary>As a proxy passes it on.</summary>
    private static SipRequest BackThrough(string via, SipRequest request, string? uri = null)
    {
        var passed = request.Clone();
        passed.RequestUri = uri is null ? request.RequestUri : SipUri.Parse(uri);
        passed.Headers.AddFirst(SipHeaderId.Via, via);
        return (SipRequest)SipParser.Parse(passed.ToBytes());
    }

    [Theory]
    [InlineData("SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKp")]
    [InlineData("SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKp, SIP/2.0/TCP 198.51.100.2;branch=z9hG4bKq")]
    public void A_request_of_ours_that_comes_back_for_the_same_target_is_a_loop(string via) =>
        _loops.IsLoop(BackThrough(via, Sent())).Should().BeTrue();

    [Fact]
    public void One_that_comes_back_for_another_target_is_a_spiral_and_fine() =>
        _loops
            .IsLoop(BackThrough("SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKp", Sent(), "sip:bob@example.com"))
            .Should()
            .BeFalse();

    [Fact]
    public void Branches_of_others_are_no_loop_whatever_they_look_like()
    {
        var branch = Sent().TopVia.Branch!;
        branch.Should().HaveLength(36).And.StartWith("z9hG4bK");
        var forged = branch[..^1] + (branch[^1] == 'a' ? 'b' : 'a');
        _loops
            .IsLoop(BackThrough($"SIP/2.0/UDP 198.51.100.1;branch={forged}", SipSamples.Request(SipSamples.Minimal())))
            .Should()
            .BeFalse();
        _loops.IsLoop(SipSamples.Request(SipSamples.Invite)).Should().BeFalse();
        new LoopDetector()
            .IsLoop(BackThrough("SIP/2.0/UDP h;branch=z9hG4bKp", Sent()))
            .Should()
            .BeFalse("it is not its own");
    }

    [Fact]
    public void Branches_are_tokens_and_never_the_same()
    {
        var branches = Enumerable.Range(0, 1_000).Select(_ => Sent().TopVia.Branch).ToList();
        branches.Should().OnlyHaveUniqueItems();
        branches.Should().AllSatisfy(b => b.Should().MatchRegex("^z9hG4bK[a-z0-5]{29}$"));
    }
}
