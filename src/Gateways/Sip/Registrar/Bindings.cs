using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Registrar;

/// <summary>The way a REGISTER came.</summary>
/// <param name="Connected">Over a connection-oriented transport.</param>
internal sealed record RegisterFlow(string Transport, IPEndPoint Remote, bool Connected);

/// <summary>What became of a REGISTER.</summary>
/// <param name="Status">200, or the refusal.</param>
/// <param name="Cause">Why it was refused; null for 200.</param>
/// <param name="All">The bindings after it; unchanged by a refusal.</param>
/// <param name="Outbound">The flow is used by RFC 5626, and the response has to say so.</param>
internal sealed record RegisterResult(int Status, string? Cause, ImmutableArray<Binding> All, bool Outbound = false);

/// <summary>
/// The registrar's rules for one address-of-record (RFC 3261 §10.3, steps 6 to 8; RFC 5626 §6; RFC 3327 §5.3). Pure: the
/// bindings and a REGISTER in, the bindings after it out. All of a request is applied or nothing.
/// </summary>
internal static class Bindings
{
    // One REGISTER's Contact and Path texts are kept for as long as it lasts, so they are held to a size.
    private const int MostCharactersPerBinding = 2_048;

    private const int MostUserAgentCharacters = 128;

    // RFC 3261 §10.3: an interval of an hour or more is never called too brief.
    private const uint AnHour = 3_600;

    // RFC 3261 §20.19: a malformed expiry counts as this.
    private const uint MalformedExpiry = 3_600;

    /// <summary>What one Contact of the request asks for.</summary>
    private sealed record Wish(NameAddress Contact, uint Seconds, string? InstanceId, int? RegId)
    {
        public bool Removes => Seconds == 0;

        /// <summary>RFC 5626 §6: instance and flow number together name the binding; else its URI does (RFC 3261 §19.1.4).</summary>
        public bool Means(Binding binding) =>
            RegId is not null && binding.RegId is not null
                ? RegId == binding.RegId && InstanceId == binding.InstanceId
                : Contact.Uri.IsEquivalentTo(binding.Uri);
    }

    /// <summary>Those that have not expired.</summary>
    public static ImmutableArray<Binding> Current(ImmutableArray<Binding> bindings, DateTimeOffset now) =>
        bindings.All(b => b.ExpiresAt > now) ? bindings : [.. bindings.Where(b => b.ExpiresAt > now)];

    public static RegisterResult Register(
        ImmutableArray<Binding> stored,
        SipRequest request,
        RegisterFlow flow,
        RegistrarOptions options,
        DateTimeOffset now
    )
    {
        var current = Current(stored, now);
        var texts = request.Headers.Elements(SipHeaderId.Contact);
        if (!request.Headers.Contains(SipHeaderId.Contact))
        {
            return new RegisterResult(SipStatus.Ok, null, current);
        }
        if (texts.Contains("*"))
        {
            return texts.Count == 1
                ? RemoveAll(current, request)
                : Refuse(current, SipStatus.BadRequest, "Contact * stands alone");
        }
        var (status, cause, wishes) = ReadAll(request, texts, options);
        if (status != SipStatus.Ok)
        {
            return Refuse(current, status, cause);
        }
        if (current.Any(b => wishes.Exists(wish => wish.Means(b)) && IsOld(b, request)))
        {
            return OutOfOrder(current, request);
        }
        var path = request.Headers.Elements(SipHeaderId.Path);
        if (path.Count != request.Addresses(SipHeaderId.Path).Count)
        {
            return Refuse(current, SipStatus.BadRequest, "Path cannot be read");
        }
        var direct = path.Count == 0 && request.Vias.Count == 1;
        // Over UDP the keep-alive of RFC 5626 would be STUN, which is not spoken here, so the phone is told no outbound there.
        var outbound =
            flow.Connected
            && request.Headers.HasToken(SipHeaderId.Supported, "outbound")
            && wishes.Exists(wish => wish.RegId is not null && !wish.Removes);
        if (outbound && !direct && !(path.Count > 0 && HasFlowToken(path[^1])))
        {
            return Refuse(current, FirstHopLacksOutbound, "the first hop does not support outbound");
        }
        var after = current;
        foreach (var wish in wishes)
        {
            // In the place of the earlier one, so that responses list the contacts in a stable order.
            var place = PlaceOf(wish, after);
            after = after.RemoveAll(wish.Means);
            if (!wish.Removes)
            {
                var binding = Make(wish, request, flow, now) with
                {
                    Path = [.. path],
                    Direct = direct,
                    Outbound = outbound && wish.RegId is not null,
                };
                after = after.Insert(place, binding);
            }
        }
        if (after.Length > options.MaxContactsPerUser && after.Length > current.Length)
        {
            return Refuse(
                current,
                SipStatus.Forbidden,
                $"the user has all {options.MaxContactsPerUser} contacts that it may have"
            );
        }
        return new RegisterResult(SipStatus.Ok, null, after, outbound);
    }

    /// <summary>RFC 5626 §11.6; not in RFC 3261's list.</summary>
    public const int FirstHopLacksOutbound = 439;

    /// <summary>The seconds that a binding has left, rounded up: never 0 while it is there.</summary>
    public static long SecondsLeft(Binding binding, DateTimeOffset now) =>
        Math.Max(1, (long)Math.Ceiling((binding.ExpiresAt - now).TotalSeconds));

    /// <summary>The connection is gone: its bindings wait for the device to register again.</summary>
    public static ImmutableArray<Binding> FlowClosed(
        ImmutableArray<Binding> bindings,
        string transport,
        string remote
    ) =>
        [
            .. bindings.Select(b =>
                b.Connected && b.Transport == transport && b.Remote == remote ? b with { FlowAlive = false } : b
            ),
        ];

    /// <summary>RFC 3261 §10.3 step 6: the wildcard removes, needs Expires 0, and each binding's order holds.</summary>
    private static RegisterResult RemoveAll(ImmutableArray<Binding> current, SipRequest request)
    {
        if (request.Expires != 0)
        {
            return Refuse(current, SipStatus.BadRequest, "Contact * needs Expires: 0");
        }
        return current.Any(b => IsOld(b, request))
            ? OutOfOrder(current, request)
            : new RegisterResult(SipStatus.Ok, null, []);
    }

    private static (int Status, string Cause, List<Wish> Wishes) ReadAll(
        SipRequest request,
        IReadOnlyList<string> texts,
        RegistrarOptions options
    )
    {
        var contacts = request.Contacts;
        if (contacts.Count != texts.Count || contacts.Count == 0)
        {
            return (SipStatus.BadRequest, "a Contact cannot be read", []);
        }
        if (contacts.Count > options.MaxContactsPerUser)
        {
            return (SipStatus.Forbidden, $"more than {options.MaxContactsPerUser} contacts in one REGISTER", []);
        }
        var pathLength = request.Headers.Lines(SipHeaderId.Path).Sum(line => line.Length);
        if (texts.Any(text => text.Length + pathLength > MostCharactersPerBinding))
        {
            return (SipStatus.BadRequest, $"Contact and Path exceed {MostCharactersPerBinding} characters", []);
        }
        var wishes = contacts.Select(contact => Read(contact, request, options)).ToList();
        if (wishes.Count(wish => wish.RegId is not null && !wish.Removes) > 1)
        {
            return (SipStatus.BadRequest, "one REGISTER registers one flow", []);
        }
        return wishes.Exists(wish => wish.Seconds is > 0 and < AnHour && wish.Seconds < options.MinExpirySeconds)
            ? (SipStatus.IntervalTooBrief, $"a registration lasts {options.MinExpirySeconds} s at least", [])
            : (SipStatus.Ok, "", wishes);
    }

    private static Wish Read(NameAddress contact, SipRequest request, RegistrarOptions options)
    {
        uint seconds;
        if (contact.Parameters.Contains("expires"))
        {
            seconds = ReadSeconds(contact.Parameters["expires"]);
        }
        else if (request.Headers.Contains(SipHeaderId.Expires))
        {
            seconds = request.Expires ?? MalformedExpiry;
        }
        else
        {
            seconds = (uint)options.DefaultExpirySeconds;
        }
        var instance = contact.Parameters["+sip.instance"];
        var regId =
            instance is not null
            && int.TryParse(contact.Parameters["reg-id"], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && id > 0
                ? id
                : (int?)null;
        return new Wish(contact, Math.Min(seconds, (uint)options.MaxExpirySeconds), instance, regId);
    }

    private static uint ReadSeconds(string? text) =>
        text is { Length: > 0 } && text.All(char.IsAsciiDigit)
            ? uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? seconds
                : uint.MaxValue
            : MalformedExpiry;

    private static int PlaceOf(Wish wish, ImmutableArray<Binding> bindings)
    {
        var place = 0;
        while (place < bindings.Length && !wish.Means(bindings[place]))
        {
            place++;
        }
        return place;
    }

    private static Binding Make(Wish wish, SipRequest request, RegisterFlow flow, DateTimeOffset now)
    {
        var agent = request.UserAgent;
        return new Binding
        {
            Contact = wish.Contact.Uri.ToString(),
            QThousandths = ReadQ(wish.Contact.Parameters["q"]),
            RegisteredAt = now,
            ExpiresAt = now.AddSeconds(wish.Seconds),
            CallId = request.CallId,
            CSeq = request.CSeq.Number,
            InstanceId = wish.InstanceId,
            RegId = wish.RegId,
            Transport = flow.Transport,
            Remote = flow.Remote.ToString(),
            Connected = flow.Connected,
            UserAgent = agent?.Length > MostUserAgentCharacters ? agent[..MostUserAgentCharacters] : agent,
        };
    }

    /// <summary>qvalue (RFC 3261 §25.1): 0 to 1 with three digits; what is none counts as 1.</summary>
    private static int ReadQ(string? text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var q)
        && q is >= 0 and <= 1
            ? (int)(q * 1_000)
            : 1_000;

    /// <summary>RFC 3261 §10.3 step 7: within one Call-ID, CSeq must rise.</summary>
    private static bool IsOld(Binding binding, SipRequest request) =>
        binding.CallId == request.CallId && request.CSeq.Number <= binding.CSeq;

    private static bool HasFlowToken(string pathValue) =>
        NameAddress.TryParse(pathValue, out var path) && path.Uri.Parameters.Contains("ob");

    private static RegisterResult OutOfOrder(ImmutableArray<Binding> current, SipRequest request) =>
        Refuse(
            current,
            SipStatus.ServerInternalError,
            $"CSeq {request.CSeq.Number} does not follow one already seen in this Call-ID"
        );

    private static RegisterResult Refuse(ImmutableArray<Binding> current, int status, string cause) =>
        new(status, cause, current);
}
