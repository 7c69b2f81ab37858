using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace OCPlatform.Sip.Transports;

/// <summary>The SIP domains that a certificate speaks for (RFC 5922 §7).</summary>
internal static class PeerCertificate
{
    private static readonly Asn1Tag DnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag AddressTag = new(TagClass.ContextSpecific, 7);

    /// <summary>
    /// The identities of §7.1, lower case: the hosts of sip URIs without user part; DNS names only where there is no such URI; the common name only
    /// where there is no subjectAltName. IP addresses are added as text, for peers that are configured by address.
    /// </summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        var hosts = new List<string>();
        var addresses = new List<string>();
        var extension = certificate.Extensions.FirstOrDefault(e => e.Oid?.Value == "2.5.29.17");
        if (extension is null)
        {
            var common = certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false);
            return common.Length > 0 ? [common.ToLowerInvariant()] : [];
        }
        try
        {
            Read(extension.RawData, uris, hosts, addresses);
        }
        catch (AsnContentException)
        {
            return [];
        }
        return [.. uris.Count > 0 ? uris : hosts, .. addresses];
    }

    /// <summary>
    /// Whether a name of a certificate stands for the wanted one (§7.2: the whole name, without regard to case). Beyond that a leading "*." stands
    /// for one label, as in RFC 9525 §6.3: large carriers' certificates have such names.
    /// </summary>
    public static bool Covers(string name, string wanted)
    {
        if (name.Equals(wanted, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }
        var dot = wanted.IndexOf('.');
        return name.StartsWith("*.", StringComparison.Ordinal)
            && name.IndexOf('.', 2) > 0
            && dot > 0
            && wanted.AsSpan(dot).Equals(name.AsSpan(1), StringComparison.OrdinalIgnoreCase)
            && !IPAddress.TryParse(wanted, out _);
    }

    /// <summary>SubjectAltName ::= SEQUENCE OF GeneralName (RFC 5280 §4.2.1.6).</summary>
    private static void Read(byte[] extension, List<string> uris, List<string> hosts, List<string> addresses)
    {
        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            if (tag.HasSameClassAndValue(DnsTag))
            {
                hosts.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, DnsTag).ToLowerInvariant());
            }
            else if (tag.HasSameClassAndValue(UriTag))
            {
                var text = names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag);
                if (SipUri.TryParse(text, out var uri) && uri is { Scheme: "sip", User: null })
                {
                    uris.Add(uri.Host.ToLowerInvariant());
                }
            }
            else if (tag.HasSameClassAndValue(AddressTag))
            {
                var bytes = names.ReadOctetString(AddressTag);
                if (bytes.Length is 4 or 16)
                {
                    addresses.Add(new IPAddress(bytes).ToString());
                }
            }
            else
            {
                names.ReadEncodedValue();
            }
        }
    }
}
