using System.Buffers.Binary;
using OCPlatform.Media.Dtls;
using OCPlatform.Media.Sdp;
using Org.BouncyCastle.Tls;

namespace OCPlatform.Bench.Fuzz;

/// <summary>What the input filter lets through, in a handshake: as server when it begins with a ClientHello, otherwise as client.</summary>
internal sealed class DtlsHandshakeFuzzTarget : FuzzTarget
{
    private static readonly DtlsIdentity Identity = new(DtlsCertificate.Create(TimeProvider.System));
    private static readonly DtlsFuzzTarget Records = new();

    private readonly byte[] _input = new byte[DtlsRecords.MaxDatagramBytes];

    public override string Name => "dtls-handshake";

    public override IReadOnlyList<byte[]> Samples => Records.Samples;

    public override IReadOnlyList<byte[]> Words => Records.Words;

    public override IReadOnlyList<byte[]> Lines => Records.Lines;

    public override string? Run(ReadOnlySpan<byte> input)
    {
        var length = Math.Min(input.Length, _input.Length);
        input[..length].CopyTo(_input);
        Repair(_input.AsSpan(0, length));
        var path = new Path(_input, length);
        if (!DtlsRecords.AreWhole(_input.AsSpan(0, length)))
            return "no records";
        var negotiation = new DtlsNegotiation(Identity, [new DtlsFingerprint("sha-256", "00")]);
        try
        {
            if (DtlsRecords.BeginWithClientHello(_input.AsSpan(0, length)))
                new DtlsServerProtocol().Accept(new DtlsServer(Identity.Crypto, negotiation, 200), path);
            else
                new DtlsClientProtocol().Connect(new DtlsClient(Identity.Crypto, negotiation, 200), path);
        }
        catch (IOException e)
        {
            Check(negotiation.Keys is null, "there are no keys without a handshake");
            return path.IsAnswered ? null
                : e is TlsFatalAlert alert ? AlertDescription.GetName(alert.AlertDescription)
                : "ended";
        }

        throw new FuzzFinding("one datagram is no handshake");
    }

    /// <summary>The record's length as for the filter, and that of the handshake message in it.</summary>
    private static void Repair(Span<byte> input)
    {
        DtlsFuzzTarget.Repair(input);
        if (input.Length < 25)
            return;
        var length = BinaryPrimitives.ReadUInt16BigEndian(input[11..]) - 12;
        if (length < 0 || input[0] != 22)
            return;
        // Neither fragmented nor out of place, or it would only be kept for later.
        input[13 + 4] = 0;
        input[13 + 5] = 0;
        input[13 + 6] = input[13 + 7] = input[13 + 8] = 0;
        input[13 + 1] = input[13 + 9] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(input[(13 + 2)..], (ushort)length);
        BinaryPrimitives.WriteUInt16BigEndian(input[(13 + 10)..], (ushort)length);
    }

    /// <summary>One datagram, then the end. As server a flight that leaves shows that the ClientHello was taken.</summary>
    private sealed class Path(byte[] datagram, int length) : DatagramTransport
    {
        private bool _isRead;

        public bool IsAnswered { get; private set; }

        public int GetReceiveLimit() => DtlsRecords.MaxDatagramBytes + 256;

        public int GetSendLimit() => DtlsDatagrams.SendBytes;

        public int Receive(byte[] buf, int off, int len, int waitMillis) => Receive(buf.AsSpan(off, len), waitMillis);

        public int Receive(Span<byte> buffer, int waitMillis)
        {
            if (_isRead)
                throw new IOException("That was all.");
            _isRead = true;
            datagram.AsSpan(0, length).CopyTo(buffer);
            return length;
        }

        public void Send(byte[] buf, int off, int len) => Send(buf.AsSpan(off, len));

        public void Send(ReadOnlySpan<byte> record) => IsAnswered |= _isRead && record[0] == 22;

        public void Close() { }
    }
}
