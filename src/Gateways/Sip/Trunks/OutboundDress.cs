using System.Net;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// Makes a call's request fit to leave: the placeholder host becomes our own address as the peer can reach it, and an INVITE is
/// written as its trunk wants it. Pure; the request given is not changed.
/// </summary>
internal static class OutboundDress
{
    private static readonly string[] PrivacyOfFrom = ["id", "user", "header"];

    /// <summary>An INVITE that opens a dialog, for one destination.</summary>
    /// <param name="local">Our address as the destination can reach it.</param>
    public static SipRequest Invite(
        SipRequest written,
        OutboundRoute route,
        string transport,
        IPEndPoint local,
        uint cseq
    )
    {
        var invite = written.Clone();
        invite.Headers.Remove(SipHeaderId.Via);
        invite.CSeq = new CSeq(cseq, SipMethod.Invite);
        invite.RequestUri = route.Trunk is { } trunk ? UriOver(trunk, route.RequestUri) : route.RequestUri;
        if (invite.To.Uri.IsEquivalentTo(written.RequestUri))
        {
            invite.To = invite.To with { Uri = invite.RequestUri };
        }
        foreach (var value in route.Route)
        {
            invite.Headers.Add(SipHeaderId.Route, value);
        }
        if (route.Trunk is null)
        {
            ReplaceHostOfFrom(invite, local);
        }
        else
        {
            DressFor(route.Trunk, invite);
        }
        if (invite.ContentType == "application/sdp")
        {
            invite.Body = OfferedMedia.Over(route.Trunk, transport, invite.Body);
        }
        SetContact(invite, transport, local);
        if (!invite.Headers.Contains(SipHeaderId.UserAgent))
        {
            invite.UserAgent = SipProduct.Name;
        }
        return invite;
    }

    /// <summary>A request within a dialog.</summary>
    public static SipRequest InDialog(SipRequest written, string transport, IPEndPoint local)
    {
        var request = written.Clone();
        request.Headers.Remove(SipHeaderId.Via);
        SetContact(request, transport, local);
        return request;
    }

    /// <summary>The number as the trunk writes it, at the trunk's domain.</summary>
    public static SipUri UriOver(TrunkSettings trunk, SipUri dialled)
    {
        var user = DialledNumber.Of(dialled)?.Write(trunk.Numbers) ?? dialled.User;
        var host = SipUri.Parse($"sip:{trunk.Domain}");
        return SipUri.Create(user, host.Host, host.Port);
    }

    private static void DressFor(TrunkSettings trunk, SipRequest invite)
    {
        var identity = IdentityOf(trunk, invite);
        var isPrivate = invite.Headers.Elements(SipHeaderId.Privacy).Any(AsksForPrivacy);
        invite.Headers.Remove(SipHeaderId.PAssertedIdentity);
        if (trunk.AssertIdentity)
        {
            // RFC 3325 §9.1: the carrier is told who calls, and by Privacy whom it must not tell.
            invite.Headers.Add(SipHeaderId.PAssertedIdentity, new NameAddress(identity).ToString());
        }
        invite.From = isPrivate ? Anonymous(invite.From) : WithUri(invite.From, identity);
        foreach (var (name, value) in trunk.Headers)
        {
            invite.Headers.Set(name, value);
        }
        DressReliability(trunk.Options.HundredRel, invite);
        DressTimer(trunk.SessionTimerSeconds, invite);
    }

    /// <summary>The call's own number when it has one, else the trunk's, else whatever the call is named.</summary>
    private static SipUri IdentityOf(TrunkSettings trunk, SipRequest invite)
    {
        var asserted = invite.Addresses(SipHeaderId.PAssertedIdentity) is [var first, ..] ? first.Uri : null;
        var number =
            (asserted is null ? null : DialledNumber.Of(asserted))
            ?? DialledNumber.Of(invite.From.Uri)
            ?? DialledNumber.Read(trunk.Options.CallerId);
        var user = number?.Write(trunk.Numbers) ?? (trunk.Account.Length > 0 ? trunk.Account : invite.From.Uri.User);
        var host = SipUri.Parse($"sip:{trunk.Domain}");
        return SipUri.Create(user, host.Host, host.Port);
    }

    private static bool AsksForPrivacy(string value) =>
        value.Split(';', StringSplitOptions.TrimEntries).Any(v => PrivacyOfFrom.Contains(v.ToLowerInvariant()));

    /// <summary>RFC 3323 §4.1.1.3; the tag stays, for it names the dialog.</summary>
    private static NameAddress Anonymous(NameAddress address) =>
        WithUri(address, SipUri.Create("anonymous", "anonymous.invalid")) with
        {
            DisplayName = "Anonymous",
        };

    private static NameAddress WithUri(NameAddress address, SipUri uri) => address with { Uri = uri };

    private static void DressReliability(HundredRelPolicy? policy, SipRequest invite)
    {
        const string tag = "100rel";
        switch (policy)
        {
            case HundredRelPolicy.Off:
                RemoveToken(invite, SipHeaderId.Supported, tag);
                RemoveToken(invite, SipHeaderId.Require, tag);
                break;
            case HundredRelPolicy.Supported:
                RemoveToken(invite, SipHeaderId.Require, tag);
                AddToken(invite, SipHeaderId.Supported, tag);
                break;
            case HundredRelPolicy.Required:
                AddToken(invite, SipHeaderId.Require, tag);
                break;
        }
    }

    private static void DressTimer(int? seconds, SipRequest invite)
    {
        if (seconds is null)
        {
            return;
        }
        if (seconds == 0)
        {
            RemoveToken(invite, SipHeaderId.Supported, "timer");
            invite.Headers.Remove(SipHeaderId.SessionExpires).Remove(SipHeaderId.MinSE);
            return;
        }
        // RFC 4028 §7.1: not below the least that this INVITE has learned from a 422.
        var least =
            uint.TryParse(invite.Headers[SipHeaderId.MinSE]?.Split(';')[0], out var minimum) && minimum > seconds
                ? minimum
                : (uint)seconds;
        AddToken(invite, SipHeaderId.Supported, "timer");
        invite.Headers.Set(SipHeaderId.SessionExpires, least.ToString());
    }

    private static void RemoveToken(SipRequest request, SipHeaderId header, string token)
    {
        var kept = request
            .Headers.Elements(header)
            .Where(element => !element.Equals(token, StringComparison.OrdinalIgnoreCase))
            .ToList();
        request.Headers.Remove(header);
        if (kept.Count > 0)
        {
            request.Headers.Add(header, string.Join(", ", kept));
        }
    }

    private static void AddToken(SipRequest request, SipHeaderId header, string token)
    {
        if (!request.Headers.HasToken(header, token))
        {
            request.Headers.Set(header, string.Join(", ", request.Headers.Elements(header).Append(token)));
        }
    }

    private static void ReplaceHostOfFrom(SipRequest invite, IPEndPoint local)
    {
        if (invite.From.Uri.Host == SipSession.PlaceholderHost)
        {
            var host = SipUri.Create(invite.From.Uri.User, local.Address.ToString());
            invite.From = invite.From with { Uri = host };
        }
    }

    /// <summary>Contact by transport; a sips request has a sips Contact (RFC 3261 §8.1.1.8).</summary>
    private static void SetContact(SipRequest request, string transport, IPEndPoint local)
    {
        if (request.Contact is not { } contact || contact.Uri.Host != SipSession.PlaceholderHost)
        {
            return;
        }
        var uri = SipUri.Create(contact.Uri.User, local) with { Parameters = contact.Uri.Parameters };
        if (request.RequestUri.IsSecure)
        {
            uri = uri with { Scheme = "sips" };
        }
        else if (transport != "UDP")
        {
            uri = uri with { Parameters = uri.Parameters.With("transport", transport.ToLowerInvariant()) };
        }
        request.Contact = contact with { Uri = uri };
    }
}
