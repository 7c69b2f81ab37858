using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>A certificate for this machine from an authority that is made for one run of the tests.</summary>
internal sealed class TestCertificate
{
    private static readonly DateTimeOffset NotBefore = DateTimeOffset.UtcNow.AddHours(-1);
    private static readonly DateTimeOffset NotAfter = NotBefore.AddDays(2);

    private readonly X509Certificate2 _authority;

    private TestCertificate(X509Certificate2 authority, string authorityFile, string file, string keyFile)
    {
        _authority = authority;
        AuthorityFile = authorityFile;
        File = file;
        KeyFile = keyFile;
    }

    /// <summary>PEM of the authority, for those who connect.</summary>
    public string AuthorityFile { get; }

    /// <summary>PEM of the server's certificate.</summary>
    public string File { get; }

    public string KeyFile { get; }

    /// <summary>Makes authority and certificate and writes them into a folder.</summary>
    public static TestCertificate Make(string folder)
    {
        using var authorityKey = RSA.Create(2048);
        var authorityRequest = Request("CN=OCPlatform test authority", authorityKey);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = authorityRequest.CreateSelfSigned(NotBefore, NotAfter);

        using var key = RSA.Create(2048);
        var request = Request("CN=127.0.0.1", key);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.Parse(SignallingPlatform.TrunkAddress));
        names.AddDnsName("127.0.0.1");
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, NotBefore, NotAfter, RandomNumberGenerator.GetBytes(8));

        return new TestCertificate(
            X509CertificateLoader.LoadCertificate(authority.RawData),
            Write("authority.pem", authority.ExportCertificatePem()),
            Write("server.pem", certificate.ExportCertificatePem()),
            Write("server.key", key.ExportPkcs8PrivateKeyPem())
        );

        string Write(string name, string pem)
        {
            var path = Path.Combine(folder, name);
            System.IO.File.WriteAllText(path, pem + "\n");
            return path;
        }
    }

    /// <summary>A client that trusts this authority and nobody else.</summary>
    public SslClientAuthenticationOptions Client(string serverName = "127.0.0.1") =>
        new()
        {
            TargetHost = serverName,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { _authority },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };

    /// <summary>A server that shows this certificate.</summary>
    public SslServerAuthenticationOptions Server()
    {
        using var pem = X509Certificate2.CreateFromPemFile(File, KeyFile);
        // SslStream takes no key that exists in memory alone on every system.
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        return new SslServerAuthenticationOptions { ServerCertificate = certificate };
    }

    private static CertificateRequest Request(string subject, RSA key) =>
        new(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
