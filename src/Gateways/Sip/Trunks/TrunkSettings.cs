using System.Net;
using System.Security.Cryptography;
using System.Text;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Gateways.Sip;

/// <summary>One place that a trunk's calls are sent to; lower priority first, weight shares (as in RFC 2782).</summary>
public sealed record TrunkTarget(SipUri Uri, int Priority, int Weight);

/// <summary>What is wrong with a trunk's options, and under which of its keys.</summary>
public sealed record TrunkFault(string Key, string Message);

/// <summary>One trunk with its preset applied: read, checked and ready to use. Immutable.</summary>
public sealed record TrunkSettings
{
    public required string Name { get; init; }
    public required TrunkPresetName Preset { get; init; }
    public required TrunkDirection Direction { get; init; }

    /// <summary>Networks it calls from; empty for everywhere.</summary>
    public required IReadOnlyList<IPNetwork> Networks { get; init; }

    /// <summary>Host of From and Request-URI of calls out; empty on a trunk without any.</summary>
    public required string Domain { get; init; }

    public required IReadOnlyList<TrunkTarget> Targets { get; init; }

    /// <summary>What we answer challenges with; null when there is nothing.</summary>
    public required SipCredentials? Credentials { get; init; }

    /// <summary>What callers of this trunk must know; null when its addresses admit them.</summary>
    public required SipCredentials? AskedCredentials { get; init; }

    /// <summary>The account, the user part of the address of record that is registered.</summary>
    public required string Account { get; init; }

    public required IReadOnlyList<string> Codecs { get; init; }
    public required IReadOnlyDictionary<string, string> Headers { get; init; }
    public required NumberFormat Numbers { get; init; }
    public required bool AssertIdentity { get; init; }
    public required bool TrustIdentity { get; init; }
    public required int? SessionTimerSeconds { get; init; }

    /// <summary>Where it registers, in order; empty when it does not.</summary>
    public required IReadOnlyList<TrunkTarget> Registrars { get; init; }

    /// <summary>
    /// User part of the Contact that it registers. Made from its secret, so that it is the same after a restart and cannot be
    /// guessed: an INVITE that carries it comes from the carrier. Null when it does not register.
    /// </summary>
    public required string? ContactUser { get; init; }

    public required TrunkGuards Guards { get; init; }

    /// <summary>What needs no reading.</summary>
    public required TrunkOptions Options { get; init; }

    /// <summary>What it allows the media of its calls.</summary>
    public MediaTerms Media => new(Codecs, Options.Srtp.ToString());

    public bool IsInbound => Direction != TrunkDirection.Outbound;

    public bool IsOutbound => Direction != TrunkDirection.Inbound;

    /// <summary>Whether another target may do better after this status (option `failoverOn`).</summary>
    public bool FailsOver(int status) =>
        Options.FailoverOn.Count > 0 ? Options.FailoverOn.Contains(status) : FailsOverByDefault(status);

    /// <summary>
    /// 408 and 5xx say that this server failed, not the callee. The exceptions say that the request will fare no better
    /// elsewhere: 501 and 505 not understood, 513 too large, 580 preconditions (RFC 3261 §21.5, RFC 3312). 430: RFC 5626 §11.6.
    /// </summary>
    public static bool FailsOverByDefault(int status) =>
        status is SipStatus.RequestTimeout or 430 || status is >= 500 and < 600 and not (501 or 505 or 513 or 580);

    /// <exception cref="ArgumentException">Something is wrong; the message names the trunk and what.</exception>
    public static TrunkSettings From(TrunkOptions options)
    {
        var reader = new TrunkReader(options);
        var settings = reader.Read();
        return reader.Faults.Count == 0
            ? settings
            : throw new ArgumentException($"sip.trunks: {reader.Faults[0].Key}: {reader.Faults[0].Message}");
    }

    public static IReadOnlyList<TrunkFault> FaultsOf(TrunkOptions options)
    {
        var reader = new TrunkReader(options);
        reader.Read();
        return reader.Faults;
    }

    internal static string ContactUserOf(string name, string secret)
    {
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"contact of {name}"));
        return "t" + Convert.ToHexStringLower(hash.AsSpan(0, 10));
    }
}
