using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace OCPlatform.Sip.Transports;

/// <summary>What a TLS listener asks of the peers that connect.</summary>
public enum ClientCertificates
{
    None,

    /// <summary>One is asked for. Without, or with one that is not trusted, the peer gets in but has no names.</summary>
    Optional,

    /// <summary>Only peers with a trusted one get in.</summary>
    Required,
}

/// <summary>
/// TLS 1.2 and up for a <see cref="StreamTransport"/>: our certificates, and whom we believe. Certificates of peers are checked
/// without fetching anything from the network: neither missing intermediates nor revocation lists, which the peer itself could name.
/// </summary>
public sealed class TlsSettings
{
    private const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Shown to peers, both when they connect and, if they ask for it, when we do. Null for one that only connects.</summary>
    public TlsIdentity? Identity { get; init; }

    /// <summary>Further identities; the one whose name the client asks for (SNI) is shown instead.</summary>
    public IReadOnlyDictionary<string, TlsIdentity> ByServerName { get; init; } = new Dictionary<string, TlsIdentity>();

    public ClientCertificates ClientCertificates { get; init; }

    /// <summary>Roots that peers' certificates must lead to; empty: those that the system trusts.</summary>
    public X509Certificate2Collection TrustedRoots { get; init; } = [];

    /// <summary>
    /// Servers that we connect to must show a trusted certificate for their name. Without, any certificate is taken and proves nothing.
    /// </summary>
    public bool VerifyPeers { get; init; } = true;

    internal bool HasCertificate => Identity is not null || ByServerName.Count > 0;

    /// <exception cref="AuthenticationException">The handshake failed; the message says why.</exception>
    internal async Task<(Stream, IReadOnlyList<string>)> AcceptAsync(Stream inner, CancellationToken cancellation)
    {
        var stream = new SslStream(inner);
        IReadOnlyList<string> names = [];
        var refusal = "";
        await AuthenticateAsync(
            stream,
            stream.AuthenticateAsServerAsync(
                (_, hello, _, _) => ValueTask.FromResult(ServerOptions(hello.ServerName, Check)),
                null,
                cancellation
            ),
            () => refusal
        );
        return (stream, names);

        bool Check(object _, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (ClientCertificates == ClientCertificates.None)
            {
                return true;
            }
            refusal = ProblemOf(certificate, chain, errors, isClient: true);
            if (refusal.Length == 0)
            {
                names = PeerCertificate.NamesOf((X509Certificate2)certificate!);
                return true;
            }
            return ClientCertificates == ClientCertificates.Optional;
        }
    }

    /// <inheritdoc cref="AcceptAsync"/>
    internal async Task<(Stream, IReadOnlyList<string>)> ConnectAsync(
        Stream inner,
        SipDestination destination,
        CancellationToken cancellation
    )
    {
        var stream = new SslStream(inner);
        var wanted = destination.ServerName ?? destination.EndPoint.Address.ToString();
        IReadOnlyList<string> names = [];
        var refusal = "";
        await AuthenticateAsync(
            stream,
            stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = wanted,
                    EnabledSslProtocols = Versions,
                    CertificateChainPolicy = ChainPolicy(),
                    ClientCertificateContext = Identity?.CurrentContext(),
                    RemoteCertificateValidationCallback = Check,
                },
                cancellation
            ),
            () => refusal
        );
        return (stream, names);

        bool Check(object _, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            if (!VerifyPeers)
            {
                return true;
            }
            refusal = ProblemOf(certificate, chain, errors, isClient: false);
            if (refusal.Length > 0)
            {
                return false;
            }
            names = PeerCertificate.NamesOf((X509Certificate2)certificate!);
            if (names.Any(name => PeerCertificate.Covers(name, wanted)))
            {
                return true;
            }
            refusal = $"the certificate is not for {wanted}";
            return false;
        }
    }

    private SslServerAuthenticationOptions ServerOptions(
        string serverName,
        RemoteCertificateValidationCallback check
    ) =>
        new()
        {
            ServerCertificateContext = IdentityFor(serverName).CurrentContext(),
            EnabledSslProtocols = Versions,
            // A client that asks for it again and again would have us compute all day.
            AllowRenegotiation = false,
            ClientCertificateRequired = ClientCertificates != ClientCertificates.None,
            CertificateChainPolicy = ChainPolicy(),
            RemoteCertificateValidationCallback = check,
        };

    private TlsIdentity IdentityFor(string serverName)
    {
        foreach (var (name, identity) in ByServerName)
        {
            if (PeerCertificate.Covers(name, serverName))
            {
                return identity;
            }
        }
        return Identity ?? ByServerName.Values.First();
    }

    private X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        if (TrustedRoots.Count > 0)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(TrustedRoots);
        }
        return policy;
    }

    /// <summary>
    /// Empty when the certificate leads to a trusted root. Its name is compared by RFC 5922, not here. That a client's certificate is meant for servers is
    /// no problem: between carriers both sides show the same one, and public authorities no longer issue others.
    /// </summary>
    private static string ProblemOf(
        X509Certificate? certificate,
        X509Chain? chain,
        SslPolicyErrors errors,
        bool isClient
    )
    {
        if (certificate is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
        {
            return "no certificate was shown";
        }
        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0)
        {
            return "";
        }
        var problems = (chain?.ChainStatus ?? [])
            .Select(status => status.Status)
            .Where(status => !isClient || status != X509ChainStatusFlags.NotValidForUsage)
            .ToList();
        return problems.Count == 0 && chain is not null
            ? ""
            : $"the certificate is not trusted: {string.Join(", ", problems)}";
    }

    private static async Task AuthenticateAsync(SslStream stream, Task handshake, Func<string> refusal)
    {
        try
        {
            await handshake;
        }
        catch (AuthenticationException e)
        {
            await stream.DisposeAsync();
            // The outer message only says to look inside.
            var cause = refusal() is { Length: > 0 } known ? known : e.InnerException?.Message ?? e.Message;
            throw new AuthenticationException(cause, e);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
