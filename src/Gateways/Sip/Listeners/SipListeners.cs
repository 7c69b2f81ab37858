using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using OCPlatform.Sip.Location;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>Makes the transports that the options ask for, and what is needed to find peers by them.</summary>
public sealed class SipListeners
{
    private readonly SipGatewayOptions _options;
    private readonly IReadOnlyList<SipListenerOptions> _listeners;
    private readonly TlsSettings _tls;
    private readonly ISipNameResolver _names;
    private readonly TimeProvider _time;

    /// <summary>Reads the options and the files they name; opens nothing.</summary>
    /// <exception cref="ArgumentException">An option is wrong, or a certificate cannot be loaded; the message names the option.</exception>
    public SipListeners(SipGatewayOptions options, TimeProvider? time = null, ISipNameResolver? names = null)
    {
        _options = options;
        _time = time ?? TimeProvider.System;
        _listeners = options.Listeners.Count > 0 ? options.Listeners : Default(options);
        foreach (var listener in _listeners)
        {
            Check(listener);
        }
        Check("sip.tls", options.Tls);
        options.Tls.Certificates.ForEach(further => Check("sip.tls.certificates", further));
        RefuseDoubles();
        _tls = LoadTls(options.Tls);
        _names = names ?? new DnsNameResolver(options.Dns, _time);
    }

    /// <summary>
    /// New transports, not yet bound: one for each listener. <c>Start</c> of one that cannot be bound throws with transport,
    /// address, port and cause.
    /// </summary>
    /// <param name="onClosed">Told how connections end; null when nobody wants to know.</param>
    public IReadOnlyList<ISipTransport> CreateTransports(Action<SipConnectionReport>? onClosed = null) =>
        [.. _listeners.Select(listener => Create(listener, onClosed))];

    /// <summary>
    /// Finds servers by the kinds and address families of transports that are listened on, WebSocket left out, since nobody is connected to by it.
    /// Locators of one object share what DNS said.
    /// </summary>
    public SipServerLocator CreateLocator() =>
        new(
            _names,
            new SipLocatorOptions
            {
                Transports =
                [
                    .. _listeners
                        .Where(listener => !listener.IsWebSocket)
                        .Select(listener => listener.Transport)
                        .Distinct()
                        .Order()
                        .Select(transport => transport.ToString().ToUpperInvariant()),
                ],
                IPv4 = _listeners.Any(listener => listener.Bind.AddressFamily == AddressFamily.InterNetwork),
                IPv6 = _listeners.Any(listener => listener.Bind.AddressFamily == AddressFamily.InterNetworkV6),
                TimeoutMs = _options.Dns.TimeoutMs,
            },
            _time
        );

    private static IReadOnlyList<SipListenerOptions> Default(SipGatewayOptions options) =>
        [
            .. new[] { SipListenerTransport.Udp, SipListenerTransport.Tcp }.Select(transport => new SipListenerOptions
            {
                Transport = transport,
                Address = options.BindAddress,
                Port = options.Port,
            }),
        ];

    private ISipTransport Create(SipListenerOptions listener, Action<SipConnectionReport>? onClosed)
    {
        if (listener.Transport == SipListenerTransport.Udp)
        {
            return new UdpTransport(
                new UdpTransportOptions
                {
                    Bind = listener.Bind,
                    AdvertisedAddress = AdvertisedOf(listener),
                    AdvertisedPort = listener.AdvertisedPort ?? 0,
                }
            );
        }
        var limits = _options.Connections;
        return new StreamTransport(
            new StreamTransportOptions
            {
                Bind = listener.Bind,
                AdvertisedAddress = AdvertisedOf(listener),
                AdvertisedPort = listener.AdvertisedPort ?? 0,
                Tls = listener.IsSecure ? _tls : null,
                WebSocket = listener.IsWebSocket
                    ? new WebSocketSettings { AllowedOrigins = listener.AllowedOrigins }
                    : null,
                // A browser cannot be connected to: what is for one whose connection is gone fails at once.
                Connects = !listener.IsWebSocket,
                MaxConnections = limits.Max,
                MaxConnectionsPerAddress = limits.MaxPerAddress,
                IdleTimeoutMs = limits.IdleTimeoutSeconds * 1_000,
                ConnectTimeoutMs = limits.ConnectTimeoutMs,
                PingIntervalMs = limits.PingIntervalSeconds * 1_000,
                OnClosed = onClosed,
            },
            _time
        );
    }

    /// <summary>The listener's own, else that of the whole gateway where it is of the same family.</summary>
    private IPAddress? AdvertisedOf(SipListenerOptions listener)
    {
        if (listener.AdvertisedAddress.Length > 0)
        {
            return IPAddress.Parse(listener.AdvertisedAddress);
        }
        return
            IPAddress.TryParse(_options.AdvertisedAddress, out var address)
            && address.AddressFamily == listener.Bind.AddressFamily
            ? address
            : null;
    }

    private void Check(SipListenerOptions listener)
    {
        Check("sip.listeners", listener);
        if (listener.IsSecure && _options.Tls is { Certificate: "", Certificates.Count: 0 })
        {
            throw new ArgumentException(
                $"sip.tls.certificate: the {Describe(listener)} listener needs a certificate; set it, or take the listener out."
            );
        }
    }

    private static void Check(string key, IValidatableObject section)
    {
        if (section.Validate(new ValidationContext(section)).FirstOrDefault() is { } problem)
        {
            throw new ArgumentException($"{key}: {string.Join(", ", problem.MemberNames)}: {problem.ErrorMessage}");
        }
    }

    private void RefuseDoubles()
    {
        // UDP and TCP ports are two worlds; everything but UDP shares the second.
        var twice = _listeners
            .Where(listener => listener.Bind.Port != 0)
            .GroupBy(listener => (listener.Transport == SipListenerTransport.Udp, listener.Bind))
            .FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException(
                $"sip.listeners: {string.Join(" and ", twice.Select(Describe))} are one address; give each its own port."
            );
        }
    }

    private static string Describe(SipListenerOptions listener) =>
        $"{listener.Transport.ToString().ToLowerInvariant()} {listener.Bind}";

    private static TlsSettings LoadTls(SipTlsOptions options)
    {
        TlsIdentity? identity = null;
        if (options.Certificate.Length > 0)
        {
            identity = Load("sip.tls", options.Certificate, options.Key, options.Password);
        }
        return new TlsSettings
        {
            Identity = identity,
            ByServerName = options.Certificates.ToDictionary(
                further => further.ServerName.ToLowerInvariant(),
                further => Load("sip.tls.certificates", further.Certificate, further.Key, further.Password)
            ),
            ClientCertificates = options.ClientCertificates,
            TrustedRoots =
                options.TrustedRoots.Length > 0
                    ? Read(
                        "sip.tls.trustedRoots",
                        options.TrustedRoots,
                        () => TlsIdentity.LoadRoots(options.TrustedRoots)
                    )
                    : [],
            VerifyPeers = options.VerifyPeers,
        };
    }

    private static TlsIdentity Load(string key, string certificate, string keyFile, string password) =>
        Read(key, certificate, () => TlsIdentity.Load(certificate, keyFile, password));

    private static T Read<T>(string key, string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"{key}: {file} cannot be loaded: {e.Message}", e);
        }
    }
}
