using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Dtls;

/// <summary>Against the openssl command, in both roles: an implementation that shares nothing with ours.</summary>
public sealed class OpenSslTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-dtls-");
    private readonly DtlsHandshakes _ours = DtlsPair.Clients();

    public void Dispose()
    {
        _ours.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("ecdsa", "SRTP_AES128_CM_SHA1_80", SrtpSuite.AesCm128HmacSha1Tag80)]
    [InlineData("rsa", "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", SrtpSuite.AeadAes128Gcm)]
    public async Task Openssl_as_client_derives_the_same_keys(string kind, string profiles, SrtpSuite suite)
    {
        var fingerprint = MakeCertificate(kind);
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var call = new TestCall();
        using var handshake = _ours.Start(DtlsRole.Server, [fingerprint], call);
        _ = CarryAsync(socket, call, handshake);

        using var openssl = Start(
            $"s_client -connect 127.0.0.1:{((IPEndPoint)socket.Client.LocalEndPoint!).Port}",
            profiles,
            suite
        );

        await ShouldAgreeAsync(call, openssl, suite, isServer: true);
    }

    [Theory]
    [InlineData("ecdsa", "SRTP_AES128_CM_SHA1_80", SrtpSuite.AesCm128HmacSha1Tag80)]
    [InlineData("rsa", "SRTP_AEAD_AES_256_GCM", SrtpSuite.AeadAes256Gcm)]
    public async Task Openssl_as_server_derives_the_same_keys(string kind, string profiles, SrtpSuite suite)
    {
        var fingerprint = MakeCertificate(kind);
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        int port;
        using (var free = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)))
            port = ((IPEndPoint)free.Client.LocalEndPoint!).Port;
        // -Verify demands a certificate, as RFC 5763 does of a server.
        using var openssl = Start($"s_server -accept 127.0.0.1:{port} -Verify 1", profiles, suite);
        await ReadUntilAsync(openssl, "ACCEPT");
        socket.Connect(IPAddress.Loopback, port);
        var call = new TestCall { Path = datagram => socket.Send(datagram) };

        using var handshake = _ours.Start(DtlsRole.Client, [fingerprint], call);
        _ = CarryAsync(socket, call, handshake);

        await ShouldAgreeAsync(call, openssl, suite, isServer: false);
    }

    private static async Task ShouldAgreeAsync(TestCall call, Process openssl, SrtpSuite suite, bool isServer)
    {
        var keys = await call.Keys;
        var output = await ReadUntilAsync(openssl, "Keying material:");
        var exported = Convert.FromHexString(Regex.Match(output, "Keying material: ([0-9A-F]+)").Groups[1].Value);
        var (client, server) = DtlsSrtpProfile.Split(suite, exported);
        keys.Send.Suite.Should().Be(suite);
        keys.Send.Matches(isServer ? server : client).Should().BeTrue();
        keys.Receive.Matches(isServer ? client : server).Should().BeTrue();
        openssl.Kill();
    }

    private static async Task CarryAsync(UdpClient socket, TestCall call, DtlsHandshake handshake)
    {
        try
        {
            while (true)
            {
                var datagram = await socket.ReceiveAsync();
                if (!socket.Client.Connected)
                    call.Path = bytes => socket.Send(bytes, datagram.RemoteEndPoint);
                handshake.OnDatagram(datagram.Buffer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException) { }
    }

    private Process Start(string arguments, string profiles, SrtpSuite suite) =>
        Process.Start(
            new ProcessStartInfo(
                "openssl",
                $"{arguments} -dtls1_2 -cert cert.pem -key key.pem -use_srtp {profiles} "
                    + $"-keymatexport EXTRACTOR-dtls_srtp -keymatexportlen {DtlsSrtpProfile.ExportedBytes(suite)}"
            )
            {
                WorkingDirectory = _folder.FullName,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;

    private static async Task<string> ReadUntilAsync(Process process, string line)
    {
        using var deadline = new CancellationTokenSource(TestCall.Patience);
        var output = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } read)
        {
            output.AppendLine(read);
            if (read.Contains(line, StringComparison.Ordinal))
                return output.ToString();
        }

        throw new InvalidOperationException($"openssl ended without '{line}': {output}");
    }

    private DtlsFingerprint MakeCertificate(string kind)
    {
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var isEcdsa = kind == "ecdsa";
        var request = isEcdsa
            ? new CertificateRequest("CN=peer", ecdsa, HashAlgorithmName.SHA256)
            : new CertificateRequest("CN=peer", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(Path.Combine(_folder.FullName, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(
            Path.Combine(_folder.FullName, "key.pem"),
            isEcdsa ? ecdsa.ExportPkcs8PrivateKeyPem() : rsa.ExportPkcs8PrivateKeyPem()
        );
        return DtlsFingerprints.Of(certificate.RawData, "sha-256")!;
    }
}
