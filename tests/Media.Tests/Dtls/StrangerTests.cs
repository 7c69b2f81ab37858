using System.Net;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Tests.Dtls;

/// <summary>Who may shake hands where there is no ICE: the address that was signalled, and whoever turns out to be the peer.</summary>
public sealed class StrangerTests : IDisposable
{
    private const long Ms = 1_000_000;
    private const long Second = 1000 * Ms;
    private static readonly PeerAddress Nat = PeerAddress.From(IPAddress.Parse("198.51.100.9"), 61000);

    private readonly DtlsHandshakes _clients = DtlsPair.Clients();
    private readonly DtlsHandshakes _servers = DtlsPair.Servers();

    public void Dispose()
    {
        _clients.Dispose();
        _servers.Dispose();
    }

    [Fact]
    public async Task A_phone_behind_a_nat_proves_its_address_and_then_itself()
    {
        using var attempts = Server();
        var phone = new TestCall();
        using var path = new ClientPath(this, attempts, phone, Nat);

        var keys = await path.KeysAsync();

        keys.Source.Should().Be(Nat);
        keys.Keys.Receive.Matches((await phone.Keys).Send).Should().BeTrue();
        path.FirstReplyBytes.Should().BeLessThan(path.FirstHelloBytes, "a HelloVerifyRequest does not amplify");
        attempts.TakeFailure().Should().BeNull();
    }

    [Fact]
    public async Task The_signalled_address_needs_no_cookie_and_wins_over_a_stranger_that_came_first()
    {
        using var attempts = Server();
        using var stranger = new ClientPath(this, attempts, new TestCall(), Nat) { ExpectsUs = false };
        await stranger.HelloIsTakenAsync();
        var phone = new TestCall();
        using var path = new ClientPath(this, attempts, phone, default);

        var keys = await path.KeysAsync();

        keys.Source.IsNone.Should().BeTrue();
        keys.Keys.Receive.Matches((await phone.Keys).Send).Should().BeTrue();
        attempts.Strangers.Should().Be(0, "the others are dropped");
    }

    [Fact]
    public async Task A_stranger_with_another_certificate_changes_nothing_for_the_peer_that_comes_later()
    {
        using var strangers = new DtlsHandshakes(
            DtlsCertificate.Create(TimeProvider.System),
            new DtlsOptions(),
            TimeProvider.System
        );
        using var attempts = Server();
        var refused = new TestCall();
        using (var stranger = new ClientPath(this, attempts, refused, Nat.WithPort(5555), strangers))
        {
            await stranger.RunUntilAsync(() => attempts.Strangers == 1);
            await stranger.RunUntilAsync(() =>
            {
                attempts.TryTakeKeys(out var none, out _);
                none.Should().BeNull();
                return attempts.Strangers == 0;
            });
        }

        attempts.TakeFailure().Should().BeNull();
        var phone = new TestCall();
        using var path = new ClientPath(this, attempts, phone, Nat);
        (await path.KeysAsync()).Keys.Receive.Matches((await phone.Keys).Send).Should().BeTrue();
    }

    [Fact]
    public void A_flood_of_hellos_from_forged_addresses_leaves_nothing_and_is_answered_at_a_bounded_rate()
    {
        using var attempts = Server();
        var hello = Bench.Fuzz.DtlsFlights.ClientHello;
        var replies = 0;
        for (var i = 0; i < 10_000; i++)
        {
            attempts.OnStranger(
                hello,
                Nat.WithPort(1024 + i),
                i * Ms / 10,
                reply =>
                {
                    replies++;
                    reply.Length.Should().BeLessThan(hello.Length);
                }
            );
        }

        replies.Should().BeInRange(95, 105, "a burst of 50, and 50 in the second that it took");
        attempts.Strangers.Should().Be(0);
        attempts.TryTakeDatagram(true, out _, out _).Should().BeFalse();
        _servers.Load.Threads.Should().Be(0);
    }

    [Fact]
    public async Task Strangers_that_fall_silent_make_place_and_never_more_than_four_are_there()
    {
        using var attempts = Server();
        for (var i = 0; i < 6; i++)
        {
            using var silent = new ClientPath(this, attempts, new TestCall(), Address(i)) { NowNs = i * Ms };
            await silent.HelloIsTakenAsync();
        }

        attempts.Strangers.Should().Be(4);
        var phone = new TestCall();
        using var path = new ClientPath(this, attempts, phone, Nat) { NowNs = 3 * Second };
        (await path.KeysAsync()).Source.Should().Be(Nat);

        static PeerAddress Address(int i) => PeerAddress.From(IPAddress.Parse($"203.0.113.{i + 1}"), 4000);
    }

    [Fact]
    public void As_client_nobody_but_the_peers_address_is_heard()
    {
        using var attempts = new DtlsAttempts(_clients, DtlsRole.Client, [_servers.Fingerprint]);

        attempts
            .OnStranger(Bench.Fuzz.DtlsFlights.ServerFlight, Nat, 0, _ => throw new InvalidOperationException())
            .Should()
            .BeFalse();
    }

    private DtlsAttempts Server() => new(_servers, DtlsRole.Server, [_clients.Fingerprint]);

    /// <summary>A client at an address (none: the one that was signalled), whose datagrams pass one at a time.</summary>
    private sealed class ClientPath : IDisposable
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<byte[]> _toServer = new();
        private readonly DtlsAttempts _attempts;
        private readonly DtlsHandshake _handshake;
        private readonly PeerAddress _address;

        public ClientPath(
            StrangerTests tests,
            DtlsAttempts attempts,
            TestCall call,
            PeerAddress address,
            DtlsHandshakes? clients = null
        )
        {
            (_attempts, _address) = (attempts, address);
            call.Path = _toServer.Enqueue;
            _handshake = (clients ?? tests._clients).Start(DtlsRole.Client, [tests._servers.Fingerprint], call);
        }

        public bool ExpectsUs { get; init; } = true;
        public long NowNs { get; set; }
        public int FirstHelloBytes { get; private set; }
        public int FirstReplyBytes { get; private set; }

        /// <summary>The ClientHello and its repetition with the cookie; what comes back is not passed on.</summary>
        public Task HelloIsTakenAsync()
        {
            var strangers = _attempts.Strangers;
            var hellos = 0;
            return RunUntilAsync(() => _attempts.Strangers > strangers || hellos++ > 200);
        }

        public async Task<(DtlsSrtpKeys Keys, PeerAddress Source)> KeysAsync()
        {
            DtlsSrtpKeys? keys = null;
            PeerAddress source = default;
            await RunUntilAsync(() => _attempts.TryTakeKeys(out keys, out source));
            // The last flight.
            Pass();
            return (keys!, source);
        }

        public Task RunUntilAsync(Func<bool> isDone) =>
            Engine.Eventually.Holds(
                () =>
                {
                    Pass();
                    return isDone();
                },
                "the handshake goes on",
                30
            );

        public void Dispose() => _handshake.Dispose();

        private void Pass()
        {
            while (_toServer.TryDequeue(out var datagram))
            {
                if (FirstHelloBytes == 0)
                    FirstHelloBytes = datagram.Length;
                if (_address.IsNone)
                    _attempts.OnDatagram(datagram);
                else
                    _attempts.OnStranger(datagram, _address, NowNs += Ms, Reply);
            }

            while (_attempts.TryTakeDatagram(_address.IsNone, out var datagram, out var destination))
            {
                if (ExpectsUs && destination == _address)
                    Reply(datagram);
            }
        }

        private void Reply(byte[] datagram)
        {
            if (FirstReplyBytes == 0)
                FirstReplyBytes = datagram.Length;
            _handshake.OnDatagram(datagram);
        }
    }
}
