using System.ComponentModel.DataAnnotations;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>TLS of the SIP listeners, and of connections to carriers.</summary>
public sealed class SipTlsOptions : IValidatableObject
{
    /// <summary>Our certificate: a PEM file, in which its chain may follow, or a PFX file. Needed by tls and wss listeners.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>PEM file of its private key; empty when the certificate's file holds it.</summary>
    public string Key { get; set; } = "";

    /// <summary>Password of the key or the PFX. Secret: prefer the environment.</summary>
    public string Password { get; set; } = "";

    /// <summary>Further certificates, shown to clients that ask for their name (SNI).</summary>
    public List<SipTlsCertificateOptions> Certificates { get; set; } = [];

    /// <summary>
    /// Whether peers that connect show a certificate. optional: they may, and a trusted one names them; required: without a
    /// trusted one they are not let in.
    /// </summary>
    public ClientCertificates ClientCertificates { get; set; }

    /// <summary>PEM file of the authorities that peers' certificates must come from. Empty: those that the system trusts.</summary>
    public string TrustedRoots { get; set; } = "";

    /// <summary>
    /// Servers that we connect to must show a trusted certificate for their domain. false takes any: for tests, never for carriers.
    /// </summary>
    public bool VerifyPeers { get; set; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Certificate.Length == 0 && (Key.Length > 0 || Password.Length > 0))
        {
            yield return new ValidationResult("a key or password without a certificate.", [nameof(Certificate)]);
        }
    }
}

/// <summary>A certificate for one server name.</summary>
public sealed class SipTlsCertificateOptions : IValidatableObject
{
    /// <summary>Name that clients ask for: "sip.example.com" or "*.example.com".</summary>
    public string ServerName { get; set; } = "";

    /// <summary>As sip.tls.certificate.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>As sip.tls.key.</summary>
    public string Key { get; set; } = "";

    /// <summary>As sip.tls.password. Secret: prefer the environment.</summary>
    public string Password { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ServerName.Length == 0)
        {
            yield return new ValidationResult("the name that clients ask for is needed.", [nameof(ServerName)]);
        }
        if (Certificate.Length == 0)
        {
            yield return new ValidationResult("a file is needed.", [nameof(Certificate)]);
        }
    }
}
