using Microsoft.Extensions.Time.Testing;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Sip.Tests.Authentication;

public class DigestTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact(DisplayName = "RFC 2617 §3.5: the Mufasa example")]
    public void Rfc2617_example() =>
        Digest
            .Response(
                DigestAlgorithm.Md5,
                Digest.Ha1(DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "Circle Of Life"),
                "GET",
                "/dir/index.html",
                "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                "auth",
                "00000001",
                "0a4f113b"
            )
            .Should()
            .Be("6629fae49393a05397450978507c4ef1");

    [Theory(DisplayName = "RFC 7616 §3.9.1: MD5 and SHA-256")]
    [InlineData(DigestAlgorithm.Md5, "8ca523f5e9506fed4657c9700eebdbec")]
    [InlineData(DigestAlgorithm.Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")]
    public void Rfc7616_example(DigestAlgorithm algorithm, string response) =>
        Digest
            .Response(
                algorithm,
                Digest.Ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"),
                "GET",
                "/dir/index.html",
                "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                "auth",
                "00000001",
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
            )
            .Should()
            .Be(response);

    [Fact(DisplayName = "RFC 2069: without qop")]
    public void Without_qop() =>
        Digest
            .Response(
                DigestAlgorithm.Md5,
                Digest.Ha1(DigestAlgorithm.Md5, "Mufasa", "testrealm@host.com", "CircleOfLife"),
                "GET",
                "/dir/index.html",
                "dcd98b7102dd2f0e8b11d0f600bfb0c093"
            )
            .Should()
            .Be("1949323746fe6a43ef61f9606e7febea", "the value of RFC 2069 erratum 749");

    [Theory]
    [InlineData(DigestAlgorithm.Md5)]
    [InlineData(DigestAlgorithm.Sha256)]
    public void Client_and_server_agree(DigestAlgorithm algorithm)
    {
        var server = NewServer(algorithm);
        var answered = new DigestClient(new("alice", "se\"cret")).Answer(Request(), server.Challenge(Request()))!;
        answered.CSeq.Number.Should().Be(2);
        var result = server.Check(answered, (user, _) => user == "alice" ? new("se\"cret") : null);
        result.Should().Be(new DigestResult(DigestVerdict.Accepted, "alice"));
    }

    [Fact]
    public void The_stronger_algorithm_is_offered_first_and_taken()
    {
        var challenge = NewServer().Challenge(Request());
        challenge.Headers.Lines("WWW-Authenticate")[0].Should().Contain("algorithm=SHA-256");
        new DigestClient(new("a", "b"))
            .Answer(Request(), challenge)!
            .Headers["Authorization"]
            .Should()
            .Contain("algorithm=SHA-256");
    }

    [Fact]
    public void A_stored_hash_does_instead_of_the_password()
    {
        var server = NewServer();
        var answered = new DigestClient(new("alice", "secret")).Answer(Request(), server.Challenge(Request()))!;
        server
            .Check(answered, (user, algorithm) => new(null, Digest.Ha1(algorithm, user, "test", "secret")))
            .Verdict.Should()
            .Be(DigestVerdict.Accepted);
    }

    [Fact]
    public void Wrong_password_and_unknown_user_are_rejected_alike()
    {
        var server = NewServer();
        var answered = new DigestClient(new("alice", "wrong")).Answer(Request(), server.Challenge(Request()))!;
        server.Check(answered, (_, _) => new("right")).Verdict.Should().Be(DigestVerdict.Rejected);
        server.Check(answered, (_, _) => null).Verdict.Should().Be(DigestVerdict.Rejected);
    }

    [Fact]
    public void An_unknown_user_is_not_let_in_by_the_stand_in_secret()
    {
        var server = NewServer();
        var challenge = server.Challenge(Request());
        var nonce = challenge.Headers["WWW-Authenticate"]!.Split("nonce=\"")[1].Split('"')[0];
        var answered = new DigestClient(new("nobody", nonce)).Answer(Request(), challenge)!;
        server.Check(answered, (_, _) => null).Verdict.Should().Be(DigestVerdict.Rejected);
    }

    [Fact]
    public void A_replayed_request_is_stale()
    {
        var server = NewServer();
        var answered = new DigestClient(new("alice", "secret")).Answer(Request(), server.Challenge(Request()))!;
        server.Check(answered, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Accepted);
        server.Check(answered, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Stale);
    }

    [Fact]
    public void An_old_nonce_is_stale_and_the_client_tries_again_with_the_new_one()
    {
        var server = NewServer();
        var client = new DigestClient(new("alice", "secret"));
        var answered = client.Answer(Request(), server.Challenge(Request()))!;
        _time.Advance(TimeSpan.FromSeconds(301));
        server.Check(answered, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Stale);

        answered.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2");
        var again = client.Answer(answered, server.Challenge(answered, stale: true))!;
        server.Check(again, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Accepted);
        client
            .Answer(again, Challenged(server, again))
            .Should()
            .BeNull("the password is wrong, asking again would not end");

        static SipResponse Challenged(DigestServer server, SipRequest request)
        {
            request.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK3");
            return server.Challenge(request);
        }
    }

    [Fact]
    public void Nonces_of_another_key_or_realm_are_stale()
    {
        var answered = new DigestClient(new("alice", "secret")).Answer(Request(), NewServer().Challenge(Request()))!;
        NewServer().Check(answered, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Stale);
    }

    [Fact]
    public void Nodes_that_share_a_key_accept_each_others_nonces()
    {
        var key = new byte[32];
        var answered = new DigestClient(new("alice", "secret")).Answer(
            Request(),
            NewServer(key: key).Challenge(Request())
        )!;
        NewServer(key: key).Check(answered, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Accepted);
    }

    [Fact]
    public void A_digest_for_another_target_or_method_is_refused()
    {
        var server = NewServer();
        var client = new DigestClient(new("alice", "secret"));
        var header = client.Answer(Request(), server.Challenge(Request()))!.Headers["Authorization"]!;

        var elsewhere = Request(uri: "sip:other@elsewhere.example");
        elsewhere.Headers.Add("Authorization", header);
        server.Check(elsewhere, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Malformed);

        var bye = Request(method: "BYE");
        bye.Headers.Add("Authorization", header);
        server.Check(bye, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Rejected);
    }

    [Fact]
    public void Proxy_challenges_use_407_and_their_own_headers()
    {
        var server = NewServer();
        var challenge = server.Challenge(Request(), proxy: true);
        challenge.StatusCode.Should().Be(407);
        var answered = new DigestClient(new("alice", "secret")).Answer(Request(), challenge)!;
        server.Check(answered, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.NoCredentials);
        server.Check(answered, (_, _) => new("secret"), proxy: true).Verdict.Should().Be(DigestVerdict.Accepted);
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz", DigestVerdict.NoCredentials)]
    [InlineData("Digest realm=\"elsewhere\", username=\"a\"", DigestVerdict.NoCredentials)]
    [InlineData("Digest ", DigestVerdict.Malformed)]
    [InlineData("Digest nonsense", DigestVerdict.Malformed)]
    [InlineData("Digest realm=\"test\"", DigestVerdict.Malformed)]
    [InlineData("Digest realm=\"test", DigestVerdict.Malformed)]
    [InlineData("Digest realm=\"test\", realm=\"test\"", DigestVerdict.Malformed)]
    [InlineData(
        "Digest username=\"a\", realm=\"test\", nonce=\"n\", uri=\"sip:b@192.0.2.1\", response=\"r\"",
        DigestVerdict.Stale
    )]
    [InlineData(
        "Digest username=\"a\", realm=\"test\", nonce=\"n\", uri=\"sip:b@192.0.2.1\", response=\"r\", qop=auth, nc=00000000, cnonce=\"c\"",
        DigestVerdict.Malformed
    )]
    [InlineData(
        "Digest username=\"a\", realm=\"test\", nonce=\"n\", uri=\"sip:b@192.0.2.1\", response=\"r\", algorithm=ROT13",
        DigestVerdict.Malformed
    )]
    public void Odd_credentials_are_judged_without_exception(string header, DigestVerdict verdict)
    {
        var request = Request();
        request.Headers.Add("Authorization", header);
        NewServer().Check(request, (_, _) => new("secret")).Verdict.Should().Be(verdict);
    }

    [Theory(DisplayName = "Found by fuzzing: a nonce of the right length that is no base64")]
    [InlineData('!')]
    [InlineData(' ')]
    [InlineData('=')]
    [InlineData('\u00e9')]
    public void A_nonce_that_cannot_be_decoded_is_stale(char filler)
    {
        var server = NewServer();
        var nonce = server.Challenge(Request()).Headers["WWW-Authenticate"]!.Split("nonce=\"")[1].Split('"')[0];
        foreach (var made in new[] { nonce[..^1] + filler, "n" + new string(filler, nonce.Length - 1) })
        {
            var request = Request();
            request.Headers.Add(
                "Authorization",
                $"Digest username=\"a\", realm=\"test\", nonce=\"{made}\", uri=\"sip:b@192.0.2.1\", response=\"r\""
            );
            server.Check(request, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Stale);
        }
    }

    [Fact]
    public void Counts_may_arrive_out_of_order_but_only_once()
    {
        var window = new NonceCountWindow(2);
        var at = DateTimeOffset.UnixEpoch;
        window.TryUse("n", at, 5).Should().BeTrue();
        window.TryUse("n", at, 3).Should().BeTrue();
        window.TryUse("n", at, 3).Should().BeFalse();
        window.TryUse("n", at, 5).Should().BeFalse();
        window.TryUse("n", at, 200).Should().BeTrue();
        window.TryUse("n", at, 6).Should().BeFalse("it is too far back to tell");
    }

    [Fact]
    public void A_forgotten_nonce_is_not_good_for_a_replay()
    {
        var window = new NonceCountWindow(2);
        var at = DateTimeOffset.UnixEpoch;
        window.TryUse("n", at, 1).Should().BeTrue();
        window.TryUse("m", at.AddSeconds(1), 1).Should().BeTrue();
        window.TryUse("o", at.AddSeconds(2), 1).Should().BeTrue("the oldest nonce makes room");
        window.TryUse("n", at, 1).Should().BeFalse("nobody knows any more which of its counts were used");
        window.TryUse("m", at.AddSeconds(1), 2).Should().BeTrue();
        window.TryUse("p", at.AddSeconds(3), 1).Should().BeTrue();
    }

    [Fact(DisplayName = "RFC 7616 §3.9.2 with erratum: SHA-512-256 of the user name")]
    public void Rfc7616_user_hash() =>
        Convert
            .ToHexStringLower(Sha512T256.HashData(SipSamples.Bytes("J\u00e4s\u00f8n Doe:api@example.org")))
            .Should()
            .Be("793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");

    [Fact]
    public void Several_algorithms_are_offered_in_the_order_given_and_the_first_known_is_taken()
    {
        var server = new DigestServer(
            new()
            {
                Realm = "test",
                Algorithms = [DigestAlgorithm.Sha512T256, DigestAlgorithm.Sha256, DigestAlgorithm.Md5],
            },
            _time
        );
        var challenge = server.Challenge(Request());
        challenge
            .Headers.Lines("WWW-Authenticate")
            .Select(line => line.Split("algorithm=")[1].Split(',')[0])
            .Should()
            .Equal("SHA-512-256", "SHA-256", "MD5");
        var answered = new DigestClient(new("a", "b")).Answer(Request(), challenge)!;
        answered.Headers.Lines("Authorization").Should().ContainSingle().Which.Should().Contain("SHA-512-256");
        server.Check(answered, (_, _) => new("b")).Verdict.Should().Be(DigestVerdict.Accepted);
    }

    [Fact]
    public void With_auth_int_a_changed_body_is_found_out()
    {
        var server = new DigestServer(new() { Realm = "test", OfferIntegrity = true }, _time);
        var request = Request();
        request.SetBody("v=0"u8.ToArray(), "application/sdp");
        var challenge = server.Challenge(request);
        // A server that asks for nothing less.
        challenge.Headers.Set(
            "WWW-Authenticate",
            challenge.Headers["WWW-Authenticate"]!.Replace("auth,auth-int", "auth-int")
        );
        var answered = new DigestClient(new("alice", "secret")).Answer(request, challenge)!;
        answered.Headers["Authorization"].Should().Contain("qop=auth-int");
        var changed = answered.Clone();
        changed.Body = "v=1"u8.ToArray();
        server.Check(changed, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Rejected);
        server.Check(answered, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Accepted);
        NewServer()
            .Check(answered, (_, _) => new("secret"))
            .Verdict.Should()
            .Be(DigestVerdict.Malformed, "it never offered that");
    }

    [Fact]
    public void The_next_nonce_of_an_answer_is_used_for_the_next_request()
    {
        var server = NewServer();
        var client = new DigestClient(new("alice", "secret"));
        var answered = client.Answer(Request(), server.Challenge(Request()))!;
        answered.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK2");
        var ok = SipResponse.Create(answered, 200);
        server.OfferNextNonce(ok);
        client.TakeNextNonce(ok);
        _time.Advance(TimeSpan.FromSeconds(200));
        var next = Request();
        client.Authorize(next);
        next.Headers["Authorization"].Should().Contain("nc=00000001");
        _time.Advance(TimeSpan.FromSeconds(99));
        server.Check(next, (_, _) => new("secret")).Verdict.Should().Be(DigestVerdict.Accepted);
    }

    [Fact]
    public void An_answer_without_a_readable_next_nonce_changes_nothing()
    {
        var server = NewServer();
        var client = new DigestClient(new("alice", "secret"));
        client.Answer(Request(), server.Challenge(Request()));
        foreach (var info in new[] { "nextnonce=", "nextnonce=\"\"", "qop=auth", "nonsense" })
        {
            var ok = SipResponse.Create(Request(), 200);
            ok.Headers.Add("Authentication-Info", info);
            client.TakeNextNonce(ok);
        }
        var next = Request();
        client.Authorize(next);
        next.Headers["Authorization"].Should().Contain("nc=00000002");
    }

    private DigestServer NewServer(DigestAlgorithm? only = null, byte[]? key = null) =>
        new(
            new()
            {
                Realm = "test",
                Key = key,
                Algorithms = only is { } one ? [one] : [DigestAlgorithm.Sha256, DigestAlgorithm.Md5],
            },
            _time
        );

    private static SipRequest Request(string method = "INVITE", string uri = "sip:b@192.0.2.1")
    {
        var request = SipRequest.Create(method, SipUri.Parse(uri), NameAddress.Parse("<sip:a@192.0.2.2>"));
        request.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1");
        return request;
    }
}
