using OCPlatform.Media.Dtls;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;
using OCPlatform.Media.Tests.Dtls;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Tests.Engine;

public sealed class MediaProtectionTests : IDisposable
{
    private const long Second = 1_000_000_000;
    private static readonly DtlsCertificate Certificate = DtlsCertificate.Create(TimeProvider.System);
    private static readonly DtlsFingerprint Other = new("sha-256", string.Join(':', Enumerable.Repeat("AB", 32)));

    private readonly DtlsHandshakes _pool = DtlsPair.Servers(new DtlsOptions { MaxConcurrent = 1, MaxQueued = 0 });
    private readonly MediaProtection _protection;

    public MediaProtectionTests() => _protection = new MediaProtection(() => _pool);

    public void Dispose()
    {
        _protection.Dispose();
        _pool.Dispose();
    }

    [Theory]
    [InlineData(KeyAgreement.Sdes)]
    [InlineData(KeyAgreement.Dtls)]
    public void What_a_former_handshake_has_to_say_is_not_the_next_agreements(KeyAgreement next)
    {
        var blocking = new TestCall();
        using var blocked = _pool.Start(DtlsRole.Client, [Other], blocking);
        // Refused at once: the only thread is taken.
        _protection.Use(Dtls(DtlsRole.Client, Other));

        _protection.Use(
            next == KeyAgreement.Dtls
                ? Dtls(DtlsRole.Server, Certificate.Fingerprint)
                : new MediaSecurity
                {
                    Agreement = KeyAgreement.Sdes,
                    SendKeys = SrtpKeys.Create(SrtpSuite.AeadAes128Gcm),
                    ReceiveKeys = SrtpKeys.Create(SrtpSuite.AeadAes128Gcm),
                }
        );

        _protection.TryTakeKeys(out _).Should().BeFalse();
        _protection.TakeFailure(0).Should().BeNull();
        _protection.IsReady.Should().Be(next == KeyAgreement.Sdes);
    }

    [Fact]
    public void A_failure_is_told_once_and_the_next_offer_tries_again()
    {
        using (_pool.Start(DtlsRole.Client, [Other], new TestCall()))
        {
            _protection.Use(Dtls(DtlsRole.Client, Other));
            _protection.TakeFailure(0).Should().StartWith("Overloaded");
            _protection.TakeFailure(0).Should().BeNull();
        }

        SpinWait
            .SpinUntil(
                () =>
                {
                    _protection.Use(Dtls(DtlsRole.Client, Other));
                    return _protection.TakeFailure(0) is null;
                },
                TestCall.Patience
            )
            .Should()
            .BeTrue("the thread is free again");
    }

    [Fact]
    public async Task After_the_peer_has_closed_nothing_is_said_or_heard_and_the_call_learns_of_it()
    {
        _protection.Use(Dtls(DtlsRole.Server, Certificate.Fingerprint));
        var path = new Path(_protection);
        var client = new StrangeClient(new DtlsIdentity(Certificate));
        var transport = await Task.Run(() => new DtlsClientProtocol().Connect(client, path))
            .WaitAsync(TestCall.Patience);
        SpinWait.SpinUntil(() => _protection.TryTakeKeys(out _), TestCall.Patience).Should().BeTrue();
        _protection.IsReady.Should().BeTrue();

        transport.Close();
        SpinWait
            .SpinUntil(
                () =>
                {
                    _protection.TakeFailure(10 * Second).Should().BeNull("a phone that hangs up says BYE right after");
                    return !_protection.IsReady;
                },
                TestCall.Patience
            )
            .Should()
            .BeTrue();

        _protection.Protect(new byte[200], 172, isRtcp: false).Should().Be(0);
        _protection.TakeFailure(11 * Second).Should().BeNull();
        _protection.TakeFailure(12 * Second).Should().Be("the peer closed");
        _protection.TakeFailure(13 * Second).Should().BeNull("it is told once");
    }

    private static MediaSecurity Dtls(DtlsRole role, DtlsFingerprint fingerprint) =>
        new()
        {
            Agreement = KeyAgreement.Dtls,
            Role = role,
            RemoteFingerprints = [fingerprint],
        };

    /// <summary>The client's end of a path in memory.</summary>
    private sealed class Path(MediaProtection server) : DatagramTransport
    {
        public int GetReceiveLimit() => 1500;

        public int GetSendLimit() => 1200;

        public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

        public int Receive(Span<byte> buffer, int waitMillis)
        {
            byte[]? datagram = null;
            SpinWait.SpinUntil(() => server.Dtls!.TryTakeDatagram(true, out datagram, out _), waitMillis);
            datagram?.CopyTo(buffer);
            return datagram?.Length ?? -1;
        }

        public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

        public void Send(ReadOnlySpan<byte> buffer) => server.Dtls!.OnDatagram(buffer);

        public void Close() { }
    }
}
