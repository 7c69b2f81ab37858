using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

/// <summary>An authority made for the tests, and certificates from it.</summary>
internal sealed class TestCertificates
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);

    private readonly X509Certificate2 _authority;

    public TestCertificates(string name = "CN=Test Authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true)
        );
        _authority = request.CreateSelfSigned(From, From.AddDays(30));
    }

    public X509Certificate2Collection Roots => [X509CertificateLoader.LoadCertificate(_authority.RawData)];

    /// <summary>A certificate with these names: hosts, addresses, or sip URIs. Without any there is no subjectAltName.</summary>
    public X509Certificate2 Issue(string[] names, string commonName = "peer", string? usage = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        if (names.Length > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
            {
                if (name.Contains(':') && !IPAddress.TryParse(name, out _))
                {
                    alternatives.AddUri(new Uri(name));
                }
                else if (IPAddress.TryParse(name, out var address))
                {
                    alternatives.AddIpAddress(address);
                }
                else
                {
                    alternatives.AddDnsName(name);
                }
            }
            request.CertificateExtensions.Add(alternatives.Build());
        }
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        }
        using var certificate = request.Create(_authority, From, From.AddDays(20), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    public TlsIdentity Identity(params string[] names) => TlsIdentity.From(Issue(names));
}
