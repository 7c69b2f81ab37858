using System.Net;
using System.Net.Sockets;
using System.Text;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Transactions;

/// <summary>Where a response goes, from the request's top Via and its way in (RFC 3261 §18.2, RFC 3581 §4).</summary>
public static class ResponseRouting
{
    /// <summary>Where the response to this request goes.</summary>
    public static SipDestination For(SipRequest request, SipFlow flow)
    {
        // A Via that cannot be read, of a request that is refused for it, leaves nothing but the way it came.
        if (flow.Transport.IsReliable || !TopViaReader.TryOf(request, out var via))
        {
            return flow.Remote;
        }
        var source = flow.Remote.EndPoint;
        if (MulticastAddressOf(request) is { } multicast)
        {
            return new SipDestination(flow.Remote.Transport, multicast) { Listener = flow.Transport };
        }
        // Without rport the response goes to the source address, but to the port of sent-by.
        var port = via.Port != 0 ? via.Port : 5060;
        return via.HasRport || port == source.Port
            ? flow.Remote
            : new SipDestination(flow.Remote.Transport, new IPEndPoint(source.Address, port))
            {
                Listener = flow.Transport,
            };
    }

    /// <summary>
    /// Where a response goes when the connection of its request is gone (RFC 3261 §18.2.2): by a new one to the address the request came
    /// from, and the port that sent-by says. Null for requests, and for peers that cannot be connected to (RFC 7118).
    /// </summary>
    public static SipDestination? WithoutConnection(ReadOnlyMemory<byte> message)
    {
        if (
            !message.Span.StartsWith("SIP/2.0 "u8)
            || !SipParser.TryParse(message, out var response, out _)
            || response.TopVia is not { Transport: "TCP" or "TLS" } via
            || !IPAddress.TryParse((via.Received ?? via.Host).Trim('[', ']'), out var address)
        )
        {
            return null;
        }
        var isTls = via.Transport == "TLS";
        var port = via.Port != 0 ? via.Port : (isTls ? 5061 : 5060);
        var isName = isTls && !IPAddress.TryParse(via.Host.Trim('[', ']'), out _);
        return new SipDestination(via.Transport, new IPEndPoint(address, port), isName ? via.Host : null);
    }

    /// <summary>
    /// Notes in the top Via where the request really came from: <c>received</c> when sent-by is another address or rport was asked for, and
    /// the port in <c>rport</c>.
    /// </summary>
    public static void StampSource(SipRequest request, SipFlow flow)
    {
        if (!TopViaReader.TryOf(request, out var via))
        {
            return;
        }
        var source = flow.Remote.EndPoint;
        Span<byte> text = stackalloc byte[64];
        source.Address.TryFormat(text, out var length);
        ReadOnlySpan<byte> address = text[..length];
        if (!via.HasRport && IsAddress(via.Host, address))
        {
            return;
        }
        if (via.BareRportEnd < 0 || via.HasReceived)
        {
            StampRewritten(request, source, via.HasRport);
            return;
        }
        // The common case: one ";rport" to fill in, "received" to append.
        request.Headers.TryGetBytes(SipHeaderId.Via, out var line);
        var writer = ByteWriter.TakeScratch();
        writer.Write(line[..via.BareRportEnd]);
        writer.Write((byte)'=');
        writer.Write(source.Port);
        writer.Write(line[via.BareRportEnd..via.ElementLength].TrimEnd(" \t"u8));
        writer.Write(";received="u8);
        writer.Write(address);
        writer.Write(line[via.ElementLength..]);
        request.ReplaceFirst(SipHeaderId.Via, writer.Written);
        writer.ReturnScratch();
    }

    /// <summary>
    /// The group that maddr asks for (§18.2.2). Only groups: another host's address there would make us send to whomever the peer names.
    /// </summary>
    private static IPEndPoint? MulticastAddressOf(SipRequest request)
    {
        // Hardly ever there, so that it costs a glance only.
        if (!request.Headers.TryGetBytes(SipHeaderId.Via, out var line) || line.IndexOf("maddr="u8) < 0)
        {
            return null;
        }
        var via = request.TopVia;
        return
            IPAddress.TryParse(via.Parameters["maddr"]?.Trim('[', ']'), out var address)
            && (
                address.IsIPv6Multicast
                || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] >> 4 == 14)
            )
            ? new IPEndPoint(address, via.Port != 0 ? via.Port : 5060)
            : null;
    }

    /// <summary>The peer wrote values of its own where ours belong: they are replaced.</summary>
    private static void StampRewritten(SipRequest request, IPEndPoint source, bool hasRport)
    {
        var via = request.TopVia;
        var parameters = via.Parameters.With("received", source.Address.ToString());
        if (hasRport)
        {
            parameters = parameters.With("rport", source.Port.ToString());
        }
        request.TopVia = via with { Parameters = parameters };
    }

    private static bool IsAddress(ReadOnlySpan<byte> host, ReadOnlySpan<byte> address) =>
        Ascii.EqualsIgnoreCase(host.Length > 1 && host[0] == (byte)'[' ? host[1..^1] : host, address);
}
