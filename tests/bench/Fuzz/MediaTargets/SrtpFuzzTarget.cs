using System.Buffers.Binary;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Bench.Fuzz;

/// <summary>
/// SRTP and SRTCP of every suite (RFC 3711, RFC 6188, RFC 7714). The input is opened as it comes; then it is taken for a
/// packet of ours, protected, opened, and opened again with one bit changed.
/// </summary>
internal sealed class SrtpFuzzTarget : FuzzTarget
{
    private const uint Ssrc = 0x5EED_0001;
    private const int MaxPacketBytes = 1_500;

    private static readonly Peer[] Peers = [.. Enum.GetValues<SrtpSuite>().Select(suite => new Peer(suite))];

    private readonly byte[] _packet = new byte[MaxPacketBytes + SrtpSender.MaxOverheadBytes];
    private readonly byte[] _copy = new byte[MaxPacketBytes + SrtpSender.MaxOverheadBytes];

    public override string Name => "srtp";

    public override IReadOnlyList<byte[]> Samples { get; } =
    [Packet(0x80, 160), Packet(0x80, 0), Packet(0x92, 40), Packet(0xB0, 33), .. Peers.SelectMany(p => p.Samples())];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        [0x80],
        [0x90],
        [0xBF],
        [0xBE, 0xDE, 0, 1],
        [0, 0, 0xFF, 0xFF],
        [0x5E, 0xED, 0, 1],
        [0x80, 0, 0, 0],
        [0, 0],
    ];

    public override IReadOnlyList<byte[]> Lines { get; } =
    [Packet(0x80, 20), Packet(0x9F, 70), [0x80, 0xC8, 0, 6], [0]];

    public override string? Run(ReadOnlySpan<byte> input)
    {
        input = input[..Math.Min(input.Length, MaxPacketBytes)];
        string? refusal = null;
        foreach (var peer in Peers)
        {
            OpenRtp(peer, input);
            OpenRtcp(peer, input);
            var rtp = PassRtp(peer, input);
            var rtcp = PassRtcp(peer, input);
            refusal = (rtp, rtcp) switch
            {
                (false, false) => "Neither",
                (false, true) => "NoRtp",
                _ => null,
            };
        }
        return refusal;
    }

    private void OpenRtp(Peer peer, ReadOnlySpan<byte> input)
    {
        var packet = Copy(input);
        CheckRefusal(peer.Receiver.UnprotectRtp(packet, out var length), length, packet, input);
    }

    private void OpenRtcp(Peer peer, ReadOnlySpan<byte> input)
    {
        var packet = Copy(input);
        CheckRefusal(peer.Receiver.UnprotectRtcp(packet, out var length), length, packet, input);
    }

    private static void CheckRefusal(
        SrtpVerdict verdict,
        int length,
        ReadOnlySpan<byte> packet,
        ReadOnlySpan<byte> before
    )
    {
        if (verdict == SrtpVerdict.Accepted)
        {
            Check(length < before.Length, "an opened packet is shorter");
            return;
        }
        Check(length == 0, "a refused packet has no length");
        Check(packet.SequenceEqual(before), "a refused packet is as it came");
    }

    private bool PassRtp(Peer peer, ReadOnlySpan<byte> input)
    {
        if (input.Length < RtpHeader.FixedBytes)
            return false;
        var plain = Copy(input);
        BinaryPrimitives.WriteUInt16BigEndian(plain[2..], ++peer.Sequence);
        BinaryPrimitives.WriteUInt32BigEndian(plain[8..], Ssrc);
        plain.CopyTo(_copy);
        var length = peer.Sender.ProtectRtp(_packet, plain.Length);
        if (length == 0)
        {
            Check(_packet.AsSpan(0, plain.Length).SequenceEqual(_copy.AsSpan(0, plain.Length)), "it was not touched");
            return false;
        }
        Change(input, length, peer.TagBits);
        if (peer.TagBits > 32)
        {
            Check(
                peer.Receiver.UnprotectRtp(_packet.AsSpan(0, length), out _) != SrtpVerdict.Accepted,
                "a changed packet is taken"
            );
        }
        Change(input, length, peer.TagBits);
        Check(
            peer.Receiver.UnprotectRtp(_packet.AsSpan(0, length), out var opened) == SrtpVerdict.Accepted
                && _packet.AsSpan(0, opened).SequenceEqual(_copy.AsSpan(0, input.Length)),
            "what was protected opens to what it was"
        );
        return true;
    }

    private bool PassRtcp(Peer peer, ReadOnlySpan<byte> input)
    {
        if (input.Length < 8)
            return false;
        var plain = Copy(input);
        BinaryPrimitives.WriteUInt32BigEndian(plain[4..], Ssrc);
        plain.CopyTo(_copy);
        var length = peer.Sender.ProtectRtcp(_packet, plain.Length);
        if (length == 0)
            return false;
        Change(input, length, peer.TagBits);
        Check(
            peer.Receiver.UnprotectRtcp(_packet.AsSpan(0, length), out _) != SrtpVerdict.Accepted,
            "a changed control packet is taken"
        );
        Change(input, length, peer.TagBits);
        Check(
            peer.Receiver.UnprotectRtcp(_packet.AsSpan(0, length), out var opened) == SrtpVerdict.Accepted
                && _packet.AsSpan(0, opened).SequenceEqual(_copy.AsSpan(0, input.Length)),
            "what was protected opens to what it was"
        );
        return true;
    }

    /// <summary>Changes one bit, chosen by the input; changes it back when called again.</summary>
    private void Change(ReadOnlySpan<byte> input, int length, int salt)
    {
        var hash = (uint)salt;
        foreach (var b in input[^Math.Min(input.Length, 16)..])
            hash = hash * 31 + b;
        _packet[(int)(hash / 8 % (uint)length)] ^= (byte)(1 << (int)(hash % 8));
    }

    private Span<byte> Copy(ReadOnlySpan<byte> input)
    {
        input.CopyTo(_packet);
        return _packet.AsSpan(0, input.Length);
    }

    private static byte[] Packet(byte first, int payloadBytes)
    {
        var packet = new byte[RtpHeader.FixedBytes + payloadBytes];
        new Random(payloadBytes).NextBytes(packet);
        RtpHeader.Write(packet, 0, marker: true, 1, 160, Ssrc);
        packet[0] = first;
        if ((first & 0x1F) == 0x12)
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(20), 0xBEDE_0001);
        if ((first & 0x1F) == 0x10)
            BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(12), 0xBEDE_0002);
        return packet;
    }

    private sealed class Peer
    {
        public Peer(SrtpSuite suite)
        {
            // Always the same keys, so that an input does the same again.
            var bytes = Enumerable.Range((int)suite, 46).Select(i => (byte)(i * 37)).ToArray();
            var keys = new SrtpKeys(suite, bytes.AsSpan(0, suite.KeyBytes()), bytes.AsSpan(32, suite.SaltBytes()));
            Sender = new SrtpSender(keys);
            Receiver = new SrtpReceiver(keys);
            TagBits = suite is SrtpSuite.AesCm128HmacSha1Tag32 or SrtpSuite.AesCm256HmacSha1Tag32 ? 32 : 80;
        }

        public SrtpSender Sender { get; }
        public SrtpReceiver Receiver { get; }
        public int TagBits { get; }
        public ushort Sequence { get; set; }

        /// <summary>Protected packets of both kinds.</summary>
        public IEnumerable<byte[]> Samples()
        {
            var buffer = new byte[200];
            var rtp = Packet(0x80, 100);
            BinaryPrimitives.WriteUInt16BigEndian(rtp.AsSpan(2), ++Sequence);
            rtp.CopyTo(buffer, 0);
            yield return buffer[..Sender.ProtectRtp(buffer, rtp.Length)];
            byte[] rtcp = [0x80, 201, 0, 1, 0x5E, 0xED, 0, 1, 0x81, 202, 0, 1, 0x5E, 0xED, 0, 1];
            rtcp.CopyTo(buffer, 0);
            yield return buffer[..Sender.ProtectRtcp(buffer, rtcp.Length)];
        }
    }
}
