using System.Buffers.Binary;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Srtp;

namespace OCPlatform.Media.Tests.Srtp;

/// <summary>A sender and the receiver that has its keys.</summary>
internal sealed class SrtpPair : IDisposable
{
    public const uint Ssrc = 0x1234_5678;
    private readonly byte[] _buffer = new byte[2_000];

    /// <param name="seed">Of the keys, which are always the same: a tag of 32 bits may be right by chance.</param>
    public SrtpPair(SrtpSuite suite, bool intrinsics = true, int seed = 1)
    {
        var bytes = new byte[suite.KeyBytes() + suite.SaltBytes()];
        new Random(seed).NextBytes(bytes);
        Keys = new SrtpKeys(suite, bytes.AsSpan(0, suite.KeyBytes()), bytes.AsSpan(suite.KeyBytes()));
        Sender = new SrtpSender(Keys, intrinsics);
        Receiver = new SrtpReceiver(Keys, intrinsics);
    }

    public static IEnumerable<SrtpSuite> Suites => Enum.GetValues<SrtpSuite>();

    public SrtpKeys Keys { get; }
    public SrtpSender Sender { get; }
    public SrtpReceiver Receiver { get; }

    /// <summary>160 bytes of payload, or what is asked for.</summary>
    public static byte[] Rtp(ushort sequence, uint ssrc = Ssrc, int payloadBytes = 160)
    {
        var packet = new byte[RtpHeader.FixedBytes + payloadBytes];
        new Random(sequence).NextBytes(packet);
        RtpHeader.Write(packet, 0, marker: false, sequence, sequence * 160u, ssrc);
        return packet;
    }

    /// <summary>A receiver report without blocks, and something behind it.</summary>
    public static byte[] Rtcp(uint ssrc = Ssrc, int moreBytes = 24)
    {
        var packet = new byte[8 + moreBytes];
        new Random(moreBytes).NextBytes(packet);
        packet[0] = 0x80;
        packet[1] = RtcpType.ReceiverReport;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), 1);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), ssrc);
        return packet;
    }

    public byte[] ProtectRtp(byte[] packet)
    {
        packet.CopyTo(_buffer, 0);
        return _buffer[..Sender.ProtectRtp(_buffer, packet.Length)];
    }

    public byte[] ProtectRtcp(byte[] packet)
    {
        packet.CopyTo(_buffer, 0);
        return _buffer[..Sender.ProtectRtcp(_buffer, packet.Length)];
    }

    public SrtpVerdict Open(byte[] secured) => Receiver.UnprotectRtp(secured.ToArray(), out _);

    public SrtpVerdict[] OpenAll(IEnumerable<byte[]> secured) => [.. secured.Select(Open)];

    public SrtpVerdict OpenRtcp(byte[] secured) => Receiver.UnprotectRtcp(secured.ToArray(), out _);

    /// <summary>Sends a packet and gives the receiver's verdict on it.</summary>
    public SrtpVerdict Pass(ushort sequence, uint ssrc = Ssrc) => Open(ProtectRtp(Rtp(sequence, ssrc)));

    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
    }
}
