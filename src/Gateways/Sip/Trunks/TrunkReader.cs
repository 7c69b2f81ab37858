using System.Net;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Sip;

/// <summary>Turns a trunk's options into its settings: the preset fills what is not set, and every fault is told with its key.</summary>
internal sealed class TrunkReader(TrunkOptions options)
{
    // What an INVITE cannot do without, or what the gateway writes itself.
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Via",
        "From",
        "To",
        "Call-ID",
        "CSeq",
        "Max-Forwards",
        "Contact",
        "Route",
        "Record-Route",
        "Content-Length",
        "Content-Type",
        "Authorization",
        "Proxy-Authorization",
        "P-Asserted-Identity",
    };

    private readonly TrunkPreset _preset = TrunkPreset.Of(options.Preset);
    private readonly List<TrunkFault> _faults = [];

    public IReadOnlyList<TrunkFault> Faults => _faults;

    public TrunkSettings Read()
    {
        var addresses = options.Addresses.Count > 0 ? options.Addresses : _preset.Addresses;
        var networks = addresses.Select(ReadNetwork).OfType<IPNetwork>().ToList();
        var explicitTargets = options.Targets.Select(ReadTarget).OfType<TrunkTarget>().ToList();
        var domain = DomainOf(explicitTargets);
        var targets = explicitTargets.Count > 0 ? explicitTargets : TargetsOf(domain);
        if (addresses.Count == 0)
        {
            // A PBX that is called at its address calls from there too.
            networks.AddRange(targets.Select(target => AddressOf(target.Uri)).OfType<IPNetwork>());
        }
        var direction = options.Direction ?? (targets.Count > 0 ? TrunkDirection.Both : TrunkDirection.Inbound);
        var credentials = CredentialsOf();
        var asks = options.AskCredentials ?? direction == TrunkDirection.Inbound;
        var registers =
            options.Register
            ?? (_preset.RegistersWithCredentials && credentials is not null && direction != TrunkDirection.Outbound);
        var settings = new TrunkSettings
        {
            Name = options.Name,
            Preset = options.Preset,
            Direction = direction,
            Networks = networks,
            Domain = domain,
            Targets = targets,
            Credentials = credentials,
            AskedCredentials =
                asks && credentials is not null ? credentials with { Username = options.Username } : null,
            Account = options.Username,
            Codecs = options.Codecs.Count > 0 ? options.Codecs : _preset.Codecs,
            Headers = options.Headers,
            Numbers = options.Numbers ?? _preset.Numbers,
            AssertIdentity = options.AssertIdentity ?? _preset.AssertIdentity,
            TrustIdentity = options.TrustIdentity ?? _preset.TrustIdentity,
            SessionTimerSeconds = options.SessionTimerSeconds ?? _preset.SessionTimerSeconds,
            Registrars = registers ? RegistrarsOf(targets) : [],
            ContactUser = registers ? TrunkSettings.ContactUserOf(options.Name, options.Password) : null,
            Guards = ReadGuards(),
            Options = options,
        };
        Check(settings, registers);
        return settings;
    }

    private void Check(TrunkSettings trunk, bool registers)
    {
        if (options.Username.Length == 0 && (options.Password.Length > 0 || options.AuthUser.Length > 0))
        {
            Fault(nameof(options.Username), "has a password or authUser but no username.");
        }
        if (options.AskCredentials == true && options.Username.Length == 0)
        {
            Fault(nameof(options.AskCredentials), "asks for credentials but has no username.");
        }
        if (
            trunk is { IsInbound: true, Networks.Count: 0, AskedCredentials: null }
            && !registers
            && options.CertificateNames.Count == 0
            && AddressesAreGood
        )
        {
            Fault(
                nameof(options.Addresses),
                options.Username.Length == 0
                    ? "has neither addresses, certificate names nor a username; it would admit everyone."
                    : "does not say where its calls come from; set addresses, askCredentials or register, or direction: outbound."
            );
        }
        if (trunk.IsOutbound && trunk.Targets.Count == 0 && options.Targets.Count == 0)
        {
            var example = _preset.DomainExample.Length > 0 ? $", such as {_preset.DomainExample}" : "";
            Fault(nameof(options.Domain), $"has nowhere to call: set domain{example}, or targets.");
        }
        if (registers && trunk.Registrars.Count == 0)
        {
            Fault(nameof(options.Register), "has nowhere to register: set domain, targets or registration.registrar.");
        }
        if (registers && trunk.Credentials is null)
        {
            Fault(nameof(options.Register), "registers without a username and password.");
        }
        if (registers && !trunk.IsInbound)
        {
            Fault(nameof(options.Register), "registers, so that it is called, but its direction is outbound.");
        }
        CheckTexts(trunk);
    }

    /// <summary>Those that could not be read have their own fault already.</summary>
    private bool AddressesAreGood => !_faults.Exists(fault => fault.Key == nameof(options.Addresses));

    private void CheckTexts(TrunkSettings trunk)
    {
        if (trunk.Domain.Length > 0 && !SipUri.TryParse($"sip:{trunk.Domain}", out _))
        {
            Fault(nameof(options.Domain), $"'{trunk.Domain}' is not a host name.");
        }
        if (options.CallerId.Length > 0 && DialledNumber.Read(options.CallerId) is null)
        {
            Fault(nameof(options.CallerId), $"'{options.CallerId}' is not a telephone number.");
        }
        foreach (var status in options.FailoverOn.Where(status => status is < 300 or > 699))
        {
            Fault(nameof(options.FailoverOn), $"{status} is not a final status from 300 to 699.");
        }
        foreach (var (name, value) in options.Headers)
        {
            if (!IsToken(name) || value is null || value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
            {
                Fault(nameof(options.Headers), $"'{name}' is not a header that can be sent.");
            }
            else if (OwnHeaders.Contains(name))
            {
                Fault(nameof(options.Headers), $"'{name}' is written by the gateway itself.");
            }
        }
    }

    private SipCredentials? CredentialsOf()
    {
        if (options.Username.Length == 0)
        {
            return null;
        }
        if (options.Password.Length == 0)
        {
            Fault(nameof(options.Password), "has a username but no password.");
        }
        return new SipCredentials(options.AuthUser.Length > 0 ? options.AuthUser : options.Username, options.Password);
    }

    private string DomainOf(List<TrunkTarget> targets)
    {
        var domain = options.Domain.Length > 0 ? options.Domain : _preset.Domain;
        return domain.Length > 0 || targets.Count == 0 ? domain : targets[0].Uri.Host;
    }

    private List<TrunkTarget> TargetsOf(string domain) =>
        SipUri.TryParse($"sip:{domain}", out var uri) && domain.Length > 0
            ? [new TrunkTarget(WithTransport(uri), 10, 10)]
            : [];

    private IReadOnlyList<TrunkTarget> RegistrarsOf(IReadOnlyList<TrunkTarget> targets)
    {
        if (options.Registration.Registrar.Length == 0)
        {
            return targets;
        }
        var target = ReadTarget(new TrunkTargetOptions { Uri = options.Registration.Registrar });
        return target is null ? [] : [target];
    }

    private TrunkTarget? ReadTarget(TrunkTargetOptions target)
    {
        var text =
            target.Uri.Contains("sip:", StringComparison.OrdinalIgnoreCase)
            || target.Uri.StartsWith("sips:", StringComparison.OrdinalIgnoreCase)
                ? target.Uri
                : $"sip:{target.Uri}";
        if (
            target.Uri.Length > 0
            && SipUri.TryParse(text, out var uri)
            && uri is { IsSip: true, User: null, Headers: null }
            && uri.Transport is null or "udp" or "tcp" or "tls"
        )
        {
            return new TrunkTarget(WithTransport(uri), target.Priority, target.Weight);
        }
        Fault(
            nameof(options.Targets),
            $"'{target.Uri}' is not a target: sip:HOST, with a port and ;transport=udp, tcp or tls where needed."
        );
        return null;
    }

    private SipUri WithTransport(SipUri uri)
    {
        var transport = options.Transport ?? _preset.Transport;
        return uri.Transport is not null || uri.IsSecure || transport is null
            ? uri
            : uri with
            {
                Parameters = uri.Parameters.With("transport", transport.ToString()!.ToLowerInvariant()),
            };
    }

    private TrunkGuards ReadGuards()
    {
        foreach (
            var prefix in options
                .Guards.Allow.Concat(options.Guards.Deny)
                .Concat(options.Guards.Rates.Select(rate => rate.Prefix))
        )
        {
            if (prefix != "*" && DialledNumber.Read(prefix) is null)
            {
                Fault(nameof(options.Guards), $"'{prefix}' is not a prefix such as +49, nor *.");
            }
        }
        if (
            (options.Guards.MaxSpendPerHour > 0 || options.Guards.MaxSpendPerDay > 0)
            && options.Guards.Rates.Count == 0
        )
        {
            Fault(nameof(options.Guards), "caps what may be spent but has no rates; every call would be refused.");
        }
        return new TrunkGuards(options.Guards);
    }

    private static IPNetwork? AddressOf(SipUri uri) =>
        IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) ? NetworkOf(address) : null;

    private static IPNetwork NetworkOf(IPAddress address) => new(address, address.GetAddressBytes().Length * 8);

    private IPNetwork? ReadNetwork(string text)
    {
        if (IPNetwork.TryParse(text, out var network))
        {
            return network;
        }
        if (IPAddress.TryParse(text, out var address))
        {
            return NetworkOf(address);
        }
        Fault(nameof(options.Addresses), $"'{text}' is neither an address nor a network.");
        return null;
    }

    private static bool IsToken(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "-.!%*_+`'~".Contains(c));

    private void Fault(string property, string what) =>
        _faults.Add(new TrunkFault(property, $"'{options.Name}' {what}"));
}
