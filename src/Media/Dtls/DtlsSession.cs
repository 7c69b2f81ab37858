using OCPlatform.Media.Sdp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Media.Dtls;

/// <summary>A handshake as it blocks its thread, and the record layer that is left of it.</summary>
internal sealed class DtlsSession
{
    private readonly DtlsTransport _transport;
    private readonly DtlsNegotiation _negotiation;
    private readonly DtlsDatagrams _datagrams;

    private DtlsSession(DtlsTransport transport, DtlsNegotiation negotiation, DtlsDatagrams datagrams)
    {
        _transport = transport;
        _negotiation = negotiation;
        _datagrams = datagrams;
    }

    /// <summary>Runs the handshake to its end.</summary>
    /// <param name="request">As server: the ClientHello, when its cookie has been verified already.</param>
    /// <exception cref="DtlsException">There are no keys.</exception>
    public static DtlsSession Establish(
        DtlsIdentity identity,
        DtlsRole role,
        IReadOnlyList<DtlsFingerprint> remoteFingerprints,
        DtlsDatagrams datagrams,
        int resendMs,
        DtlsRequest? request,
        out DtlsSrtpKeys keys
    )
    {
        var negotiation = new DtlsNegotiation(identity, remoteFingerprints);
        try
        {
            var transport =
                role == DtlsRole.Server
                    ? new DtlsServerProtocol().Accept(
                        new DtlsServer(identity.Crypto, negotiation, resendMs),
                        datagrams,
                        request
                    )
                    : new DtlsClientProtocol().Connect(
                        new DtlsClient(identity.Crypto, negotiation, resendMs),
                        datagrams
                    );
            datagrams.Flush();
            keys = negotiation.Keys!;
            return new DtlsSession(transport, negotiation, datagrams);
        }
        catch (Exception e)
        {
            throw negotiation.Failure ?? Classify(negotiation, e);
        }
    }

    /// <summary>
    /// Takes what arrived since: the peer's last flight again is answered with ours (RFC 6347 §4.2.4), close_notify with
    /// close_notify. False when the peer has closed.
    /// </summary>
    public bool Take()
    {
        Span<byte> ignored = stackalloc byte[DtlsRecords.MaxDatagramBytes];
        try
        {
            while (_datagrams.HasArrived)
            {
                // Waits for the rest of its millisecond when the datagram held nothing for the application.
                _transport.Receive(ignored, 1);
                _datagrams.Flush();
            }
        }
        catch (IOException)
        {
            return false;
        }

        return !_negotiation.IsClosedByPeer;
    }

    private static DtlsException Classify(DtlsNegotiation negotiation, Exception e)
    {
        if (negotiation.FatalAlert is { } alert)
            return new(DtlsFailure.RefusedByPeer, AlertDescription.GetName(alert), e);
        return negotiation.IsClosedByPeer
            ? new(DtlsFailure.RefusedByPeer, "closed", e)
            : new(DtlsFailure.HandshakeFailed, e.Message, e);
    }
}
