using Microsoft.Extensions.Time.Testing;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Dtls;

public sealed class DtlsHandshakeTests : IDisposable
{
    private static readonly DtlsFingerprint Unknown = new("sha-256", string.Join(':', Enumerable.Repeat("AB", 32)));

    private readonly DtlsHandshakes _clients = DtlsPair.Clients();
    private readonly DtlsHandshakes _servers = DtlsPair.Servers();

    public void Dispose()
    {
        _clients.Dispose();
        _servers.Dispose();
    }

    [Fact]
    public async Task Both_ends_get_the_same_keys()
    {
        var patient = new DtlsOptions { ResendMs = 5000 };
        using var clients = DtlsPair.Clients(patient);
        using var servers = DtlsPair.Servers(patient);
        using var pair = new DtlsPair(clients, servers);

        await pair.ShouldAgreeAsync();

        (await pair.Client.Keys).Send.Suite.Should().Be(SrtpSuite.AeadAes128Gcm);
        pair.Client.LongestBytes.Should().BeLessThanOrEqualTo(1200);
        pair.Server.LongestBytes.Should().BeLessThanOrEqualTo(1200);
        (pair.Client.Sent, pair.Server.Sent).Should().Be((2, 2), "each flight is one datagram");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Loss_of_20_percent_and_swapped_datagrams_only_take_longer(int seed)
    {
        using var clients = DtlsPair.Clients(new DtlsOptions { ResendMs = 20 });
        using var servers = DtlsPair.Servers(new DtlsOptions { ResendMs = 20 });
        using var pair = new DtlsPair(clients, servers, seed, loss: 0.2, swap: 0.2);

        await pair.ShouldAgreeAsync();
    }

    [Fact]
    public async Task A_lost_last_flight_is_sent_again_when_the_peer_repeats_its_own()
    {
        using var clients = DtlsPair.Clients(new DtlsOptions { ResendMs = 100 });
        using var pair = new DtlsPair(clients, _servers);
        var toClient = pair.Server.Path;
        var isDone = false;
        pair.Server.Path = datagram =>
        {
            // The flight with the Finished begins with a ChangeCipherSpec (20); the first one never arrives.
            if (datagram[0] != 20 || isDone)
                toClient(datagram);
            isDone |= datagram[0] == 20;
        };

        await pair.ShouldAgreeAsync();

        pair.Server.Sent.Should().BeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public async Task After_a_while_nothing_is_left_to_answer()
    {
        var time = new FakeTimeProvider();
        using var servers = DtlsPair.Servers(time: time);
        using var pair = new DtlsPair(_clients, servers);
        byte[]? last = null;
        var toServer = pair.Client.Path;
        pair.Client.Path = datagram => toServer(last = datagram);
        await pair.ShouldAgreeAsync();
        time.Advance(TimeSpan.FromSeconds(31));
        var sent = pair.Server.Sent;

        pair.ServerHandshake.OnDatagram(last!);

        pair.ServerHandshake.Dropped.Should().Be(1);
        pair.Server.Sent.Should().Be(sent);
        pair.Server.Reports.Should().Be(1, "the end of the lingering is no news");
    }

    [Theory]
    [InlineData("SHA-256")]
    [InlineData("sha-384")]
    [InlineData("sha-512")]
    public async Task Any_fingerprint_of_the_description_that_matches_is_enough(string algorithm)
    {
        var certificate = _servers.Identity.Certificate.GetCertificateAt(0).GetEncoded();
        var value = DtlsFingerprints.Of(certificate, algorithm)!.Value.ToLowerInvariant();
        var call = new TestCall();
        var peer = new TestCall();
        using var server = _servers.Start(DtlsRole.Server, [_clients.Fingerprint], peer);
        call.Path = datagram => server.OnDatagram(datagram);
        DtlsHandshake? client = null;
        peer.Path = datagram => client?.OnDatagram(datagram);
        using var started = client = _clients.Start(
            DtlsRole.Client,
            [Unknown, new DtlsFingerprint("md2", "00"), new DtlsFingerprint(algorithm, value)],
            call
        );

        (await call.Keys).Send.Matches((await peer.Keys).Receive).Should().BeTrue();
    }

    [Fact]
    public async Task A_client_with_another_certificate_is_refused()
    {
        using var pair = new DtlsPair(_clients, _servers, serverExpects: Unknown);

        (await pair.Server.FailureAsync()).Failure.Should().Be(DtlsFailure.FingerprintMismatch);
        var refused = await pair.Client.FailureAsync();
        refused.Failure.Should().Be(DtlsFailure.RefusedByPeer);
        refused.Message.Should().Be("bad_certificate");
        pair.Server.Reports.Should().Be(1);
        pair.Client.Reports.Should().Be(1);
    }

    [Fact]
    public async Task A_server_with_another_certificate_is_refused()
    {
        using var pair = new DtlsPair(_clients, _servers, clientExpects: Unknown);

        (await pair.Client.FailureAsync()).Failure.Should().Be(DtlsFailure.FingerprintMismatch);
        (await pair.Server.FailureAsync()).Failure.Should().Be(DtlsFailure.RefusedByPeer);
    }

    [Fact]
    public async Task Sha_1_proves_nothing()
    {
        using var pair = new DtlsPair(
            _clients,
            _servers,
            serverExpects: new DtlsFingerprint("sha-1", string.Join(':', Enumerable.Repeat("AB", 20)))
        );

        (await pair.Server.FailureAsync()).Failure.Should().Be(DtlsFailure.FingerprintMismatch);
    }

    [Fact]
    public async Task Two_clients_do_not_agree()
    {
        var one = new TestCall();
        var other = new TestCall();
        DtlsHandshake? second = null;
        one.Path = datagram => second?.OnDatagram(datagram);
        using var first = _clients.Start(DtlsRole.Client, [_servers.Fingerprint], one);
        other.Path = datagram => first.OnDatagram(datagram);
        using var started = second = _servers.Start(DtlsRole.Client, [_clients.Fingerprint], other);

        (await one.FailureAsync()).Failure.Should().BeOneOf(DtlsFailure.HandshakeFailed, DtlsFailure.RefusedByPeer);
    }

    [Theory]
    [InlineData(DtlsRole.Client, "the peer did not go on")]
    [InlineData(DtlsRole.Server, "no ClientHello came")]
    public async Task A_peer_that_never_answers_ends_the_handshake_at_its_deadline(DtlsRole role, string detail)
    {
        var time = new FakeTimeProvider();
        using var pool = DtlsPair.Clients(time: time);
        var call = new TestCall();
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        call.Path = _ => sent.TrySetResult();
        using var handshake = pool.Start(role, [_servers.Fingerprint], call);
        if (role == DtlsRole.Client)
            await sent.Task.WaitAsync(TestCall.Patience);
        time.Advance(TimeSpan.FromSeconds(14.9));
        call.Reports.Should().Be(0);

        time.Advance(TimeSpan.FromSeconds(0.2));

        var failure = await call.FailureAsync();
        failure.Failure.Should().Be(DtlsFailure.TimedOut);
        failure.Message.Should().Be(detail);
        call.Reports.Should().Be(1);
    }

    [Fact]
    public async Task A_handshake_without_a_free_thread_waits_and_one_without_a_place_fails_at_once()
    {
        var time = new FakeTimeProvider();
        using var pool = DtlsPair.Clients(new DtlsOptions { MaxConcurrent = 1, MaxQueued = 1 }, time);
        TestCall[] calls = [new(), new(), new()];
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        calls[0].Path = _ => sent.TrySetResult();
        using var first = pool.Start(DtlsRole.Client, [_servers.Fingerprint], calls[0]);
        await sent.Task.WaitAsync(TestCall.Patience);
        using var second = pool.Start(DtlsRole.Client, [_servers.Fingerprint], calls[1]);

        using var third = pool.Start(DtlsRole.Client, [_servers.Fingerprint], calls[2]);

        (await calls[2].FailureAsync()).Failure.Should().Be(DtlsFailure.Overloaded);
        calls[1].Reports.Should().Be(0);
        var secondSent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        calls[1].Path = _ => secondSent.TrySetResult();
        first.Dispose();
        await secondSent.Task.WaitAsync(TestCall.Patience);
        calls[0].Reports.Should().Be(0, "what was disposed is not reported");
    }

    [Fact]
    public async Task Garbage_wakes_no_thread_and_does_not_stop_the_handshake()
    {
        var random = new Random(5);
        var call = new TestCall();
        var peer = new TestCall();
        using var server = _servers.Start(DtlsRole.Server, [_clients.Fingerprint], call);
        var garbage = new byte[400];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(garbage);
            // What looks like a record, and every kind of first byte that means DTLS.
            garbage[0] = (byte)(20 + i % 44);
            if (i % 2 == 0)
                new byte[] { 0xFE, 0xFD, 0, 0 }.CopyTo(garbage, 1);
            server.OnDatagram(garbage.AsSpan(0, i % 400));
        }

        _servers.Load.Threads.Should().Be(0);
        server.Dropped.Should().Be(20_000);

        DtlsHandshake? client = null;
        peer.Path = datagram =>
        {
            // In the middle of it: records of the new epoch that nobody can have encrypted yet, and broken ones after.
            var forged = garbage.AsSpan(0, 100);
            new byte[] { 22, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 87 }.CopyTo(forged);
            for (var i = 0; i < 5; i++)
                server.OnDatagram(forged);
            server.OnDatagram(datagram);
        };
        call.Path = datagram => client?.OnDatagram(datagram);
        using var started = client = _clients.Start(DtlsRole.Client, [_servers.Fingerprint], peer);
        (await call.Keys).Receive.Matches((await peer.Keys).Send).Should().BeTrue();
    }

    [Fact]
    public async Task Fifty_handshakes_at_once_succeed()
    {
        var options = new DtlsOptions { MaxConcurrent = 16, TimeoutSeconds = 60 };
        using var clients = DtlsPair.Clients(options);
        using var servers = DtlsPair.Servers(options);
        var pairs = Enumerable.Range(0, 50).Select(i => new DtlsPair(clients, servers, seed: i)).ToList();

        foreach (var pair in pairs)
            await pair.ShouldAgreeAsync();

        clients.Load.Threads.Should().BeLessThanOrEqualTo(16);
        pairs.ForEach(p => p.Dispose());
    }

    [Theory]
    [InlineData(128)]
    [InlineData(8)]
    public async Task Sixty_four_peers_that_begin_and_fall_silent_do_not_stop_an_honest_one(int maxConcurrent)
    {
        using var servers = DtlsPair.Servers(new DtlsOptions { MaxConcurrent = maxConcurrent, PatienceMs = 200 });
        var silent = Enumerable
            .Range(0, 64)
            .Select(_ => servers.Start(DtlsRole.Server, [Unknown], new TestCall()))
            .ToList();
        silent.ForEach(s => s.OnDatagram(Bench.Fuzz.DtlsFlights.ClientHello));

        using var pair = new DtlsPair(_clients, servers);
        await pair.ShouldAgreeAsync();

        servers.Load.Threads.Should().BeLessThanOrEqualTo(maxConcurrent);
        silent.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Of_those_that_take_too_long_while_others_wait_the_longest_silent_goes_first()
    {
        var time = new FakeTimeProvider();
        using var pool = DtlsPair.Servers(new DtlsOptions { MaxConcurrent = 2 }, time);
        TestCall[] calls = [new(), new(), new()];
        var handshakes = calls.Select(call => pool.Start(DtlsRole.Server, [Unknown], call)).ToList();
        foreach (var handshake in handshakes.Take(2))
        {
            handshake.OnDatagram(Bench.Fuzz.DtlsFlights.ClientHello);
            time.Advance(TimeSpan.FromMilliseconds(1));
        }
        SpinWait.SpinUntil(() => calls[0].Sent > 0 && calls[1].Sent > 0, TestCall.Patience).Should().BeTrue();
        handshakes[0].OnDatagram(Bench.Fuzz.DtlsFlights.ClientHello);

        handshakes[2].OnDatagram(Bench.Fuzz.DtlsFlights.ClientHello);
        time.Advance(TimeSpan.FromSeconds(1.9));
        (calls[0].Reports + calls[1].Reports).Should().Be(0, "they may still come to an end");
        time.Advance(TimeSpan.FromSeconds(0.3));

        (await calls[1].FailureAsync()).Failure.Should().Be(DtlsFailure.Overloaded);
        SpinWait.SpinUntil(() => calls[2].Sent > 0, TestCall.Patience).Should().BeTrue();
        calls[0].Reports.Should().Be(0);
        handshakes.ForEach(h => h.Dispose());
    }

    [Fact]
    public async Task A_node_warms_up_by_a_handshake_with_itself()
    {
        (await _servers.WarmUpAsync()).Should().BeTrue();
        (await DtlsPair.Servers(new DtlsOptions { MaxConcurrent = 1, MaxQueued = 0 }).WarmUpAsync())
            .Should()
            .BeFalse("one thread does not suffice for two ends");
    }

    [Fact]
    public async Task A_disposed_pool_ends_what_is_under_way()
    {
        var call = new TestCall();
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        call.Path = _ => sent.TrySetResult();
        using var handshake = _clients.Start(DtlsRole.Client, [_servers.Fingerprint], call);
        await sent.Task.WaitAsync(TestCall.Patience);

        _clients.Dispose();

        SpinWait.SpinUntil(() => _clients.Load.Threads == 0, TestCall.Patience).Should().BeTrue();
        call.Reports.Should().Be(0);
    }
}
