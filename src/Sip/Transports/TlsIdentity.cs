using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OCPlatform.Sip.Transports;

/// <summary>
/// A certificate with its private key and the intermediates to send along. One that came from files is read anew when they change, so that a
/// renewed certificate needs no restart.
/// </summary>
public sealed class TlsIdentity
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Func<Loaded>? _load;
    private readonly string[] _files = [];
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private volatile Loaded _loaded;
    private long _lookedAt;
    private long _stamp;

    private sealed record Loaded(
        X509Certificate2 Certificate,
        SslStreamCertificateContext Context,
        IReadOnlyList<string> Names
    );

    private TlsIdentity(Loaded loaded)
    {
        _loaded = loaded;
        _time = TimeProvider.System;
    }

    private TlsIdentity(Func<Loaded> load, string[] files, TimeProvider time)
    {
        _load = load;
        _files = files;
        _time = time;
        _stamp = StampOf(files);
        _lookedAt = time.GetTimestamp();
        _loaded = load();
    }

    public X509Certificate2 Certificate => _loaded.Certificate;

    /// <summary>The domains it speaks for (RFC 5922 §7.1).</summary>
    public IReadOnlyList<string> Names => _loaded.Names;

    /// <summary>Loads a PEM certificate (its chain may follow) with its key, in the same file or one of its own, or a PFX.</summary>
    /// <param name="certificateFile">PEM, or PFX by its ending (.pfx, .p12).</param>
    /// <param name="keyFile">PEM; null or empty when the key is in the certificate's file.</param>
    /// <param name="password">Of the key or the PFX; null or empty for none.</param>
    /// <param name="time">When to look at the files again.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file does not hold what it should, or the password is wrong.</exception>
    public static TlsIdentity Load(
        string certificateFile,
        string? keyFile = null,
        string? password = null,
        TimeProvider? time = null
    )
    {
        password = string.IsNullOrEmpty(password) ? null : password;
        var key = string.IsNullOrEmpty(keyFile) ? certificateFile : keyFile;
        var isPfx = Path.GetExtension(certificateFile).ToLowerInvariant() is ".pfx" or ".p12";
        return new TlsIdentity(
            () => isPfx ? LoadPfx(certificateFile, password) : LoadPem(certificateFile, key, password),
            isPfx ? [certificateFile] : [certificateFile, key],
            time ?? TimeProvider.System
        );
    }

    /// <summary>From a certificate that is loaded already, with its key.</summary>
    public static TlsIdentity From(X509Certificate2 certificate) => new(New(certificate, []));

    /// <summary>What to show now. Files that cannot be read, such as half-written ones, leave it as it was until the next look.</summary>
    internal SslStreamCertificateContext CurrentContext()
    {
        lock (_lock)
        {
            if (_load is null || _time.GetElapsedTime(_lookedAt) < LookAgainAfter)
            {
                return _loaded.Context;
            }
            _lookedAt = _time.GetTimestamp();
            try
            {
                var stamp = StampOf(_files);
                if (stamp != _stamp)
                {
                    _loaded = _load();
                    _stamp = stamp;
                }
            }
            catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException) { }
            return _loaded.Context;
        }
    }

    private static Loaded LoadPfx(string file, string? password)
    {
        var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
        return New(
            all.FirstOrDefault(c => c.HasPrivateKey)
                ?? throw new CryptographicException($"{file} holds no private key."),
            [.. all.Where(c => !c.HasPrivateKey)]
        );
    }

    private static Loaded LoadPem(string file, string keyFile, string? password)
    {
        var certificate = password is null
            ? X509Certificate2.CreateFromPemFile(file, keyFile)
            : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file);
        return New(certificate, [.. chain.Where(c => c.Thumbprint != certificate.Thumbprint)]);
    }

    /// <summary>The context is made offline: building the chain must not fetch anything.</summary>
    private static Loaded New(X509Certificate2 certificate, X509Certificate2Collection intermediates) =>
        new(
            certificate,
            SslStreamCertificateContext.Create(certificate, intermediates, offline: true),
            PeerCertificate.NamesOf(certificate)
        );

    /// <summary>Changes when a file is written or another is put in its place.</summary>
    private static long StampOf(string[] files) =>
        files.Aggregate(
            0L,
            (stamp, file) => HashCode.Combine(stamp, File.GetLastWriteTimeUtc(file), new FileInfo(file).Length)
        );

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
