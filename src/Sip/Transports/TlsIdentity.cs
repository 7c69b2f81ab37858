using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OCPlatform.Sip.Transports;

/// <summary>A certificate with its private key and the intermediates to send along.</summary>
public sealed class TlsIdentity
{
    private TlsIdentity(X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        Certificate = certificate;
        // Offline: building the chain must not fetch anything.
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
        Names = PeerCertificate.NamesOf(certificate);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>The domains it speaks for (RFC 5922 §7.1).</summary>
    public IReadOnlyList<string> Names { get; }

    internal SslStreamCertificateContext Context { get; }

    /// <summary>Loads a PEM certificate (its chain may follow) with its key, in the same file or one of its own, or a PFX.</summary>
    /// <param name="certificateFile">PEM, or PFX by its ending (.pfx, .p12).</param>
    /// <param name="keyFile">PEM; null or empty when the key is in the certificate's file.</param>
    /// <param name="password">Of the key or the PFX; null or empty for none.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file does not hold what it should, or the password is wrong.</exception>
    public static TlsIdentity Load(string certificateFile, string? keyFile = null, string? password = null)
    {
        password = string.IsNullOrEmpty(password) ? null : password;
        if (Path.GetExtension(certificateFile).ToLowerInvariant() is ".pfx" or ".p12")
        {
            var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(certificateFile, password);
            return new TlsIdentity(
                all.FirstOrDefault(c => c.HasPrivateKey)
                    ?? throw new CryptographicException($"{certificateFile} holds no private key."),
                [.. all.Where(c => !c.HasPrivateKey)]
            );
        }
        var key = string.IsNullOrEmpty(keyFile) ? certificateFile : keyFile;
        var certificate = password is null
            ? X509Certificate2.CreateFromPemFile(certificateFile, key)
            : X509Certificate2.CreateFromEncryptedPemFile(certificateFile, password, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificateFile);
        return new TlsIdentity(certificate, [.. chain.Where(c => c.Thumbprint != certificate.Thumbprint)]);
    }

    /// <summary>From a certificate that is loaded already, with its key.</summary>
    public static TlsIdentity From(X509Certificate2 certificate) => new(certificate, []);

    /// <summary>The certificates of a PEM file, to trust.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">The file holds no certificate.</exception>
    public static X509Certificate2Collection LoadRoots(string file)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(file);
        return roots.Count > 0 ? roots : throw new CryptographicException($"{file} holds no certificate.");
    }
}
