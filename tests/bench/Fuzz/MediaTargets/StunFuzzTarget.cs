using System.Buffers.Binary;
using System.Net;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Ice;
using OCPlatform.Media.Sdp;

namespace OCPlatform.Bench.Fuzz;

/// <summary>
/// STUN messages (RFC 8489) and the ICE agent that answers them (RFC 8445): as they come, with their frame repaired, and
/// signed with the right password, so that what lies behind each check is reached.
/// </summary>
internal sealed class StunFuzzTarget : FuzzTarget
{
    private static readonly byte[] Password = "right/password+of+24/chr"u8.ToArray();
    private static readonly byte[] OtherPassword = "wrong/password+of+24/chr"u8.ToArray();
    private static readonly byte[] Username = "ours:them"u8.ToArray();
    private static readonly PeerAddress Home = PeerAddress.From(IPAddress.Parse("192.0.2.1"), 4000);
    private static readonly PeerAddress Stranger = PeerAddress.From(IPAddress.Parse("2001:db8::66"), 5555);

    private readonly IceLite _ice = new(
        new IceCredentials
        {
            LocalUfrag = "ours",
            LocalPassword = "right/password+of+24/chr",
            RemoteUfrag = "them",
        },
        0
    );

    private readonly byte[] _response = new byte[IceLite.MaxResponseBytes];
    private readonly byte[] _repaired = new byte[StunMessage.MaxBytes];
    private readonly byte[] _signed = new byte[StunMessage.MaxBytes + 128];
    private long _nowNs;
    private long _signatures;

    public override string Name => "stun";

    public override IReadOnlyList<byte[]> Samples { get; } =
    [
        Check(true, false),
        Check(false, true),
        Response(),
        Error(),
        Convert.FromHexString("000100002112A442000102030405060708090A0B"),
    ];

    public override IReadOnlyList<byte[]> Words { get; } =
    [
        Username,
        "ours"u8.ToArray(),
        "them"u8.ToArray(),
        [0x21, 0x12, 0xA4, 0x42],
        [0x01, 0x01],
        [0x01, 0x11],
        [0x00, 0x11],
        [0, 0, 0, 0],
        [0xFF, 0xFF, 0xFF, 0xFF],
    ];

    /// <summary>Whole attributes.</summary>
    public override IReadOnlyList<byte[]> Lines { get; } =
    [
        [0x00, 0x06, 0x00, 0x09, .. Username, 0, 0, 0],
        [0x00, 0x25, 0x00, 0x00],
        [0x00, 0x24, 0x00, 0x04, 0x6E, 0x7F, 0x1E, 0xFF],
        [0x80, 0x29, 0x00, 0x08, 1, 2, 3, 4, 5, 6, 7, 8],
        [0x80, 0x2A, 0x00, 0x08, 1, 2, 3, 4, 5, 6, 7, 8],
        [0x00, 0x03, 0x00, 0x04, 0, 0, 0, 6],
        [0x7F, 0xFF, 0x00, 0x00],
        [0xC0, 0x57, 0x00, 0x04, 0, 1, 0, 0x32],
        [0x00, 0x09, 0x00, 0x04, 0, 0, 4, 1],
        [0x00, 0x20, 0x00, 0x08, 0, 1, 0xA1, 0x47, 0xE1, 0x12, 0xA6, 0x43],
        [0x80, 0x28, 0x00, 0x04, 1, 2, 3, 4],
        [0x00, 0x08, 0x00, 0x14, .. new byte[20]],
    ];

    public override string? Run(ReadOnlySpan<byte> input)
    {
        _nowNs += 20_000_000;
        var raw = Feed(input);
        var length = Math.Min(input.Length, _repaired.Length) & ~3;
        if (length < StunMessage.HeaderBytes)
            return raw;
        var repaired = _repaired.AsSpan(0, length);
        input[..length].CopyTo(repaired);
        repaired[0] &= 0x3F;
        BinaryPrimitives.WriteUInt16BigEndian(repaired[2..], (ushort)(length - StunMessage.HeaderBytes));
        BinaryPrimitives.WriteUInt32BigEndian(repaired[4..], StunMessage.MagicCookie);
        return Feed(repaired);
    }

    private string? Feed(ReadOnlySpan<byte> input)
    {
        var before = (_ice.Destination, _ice.LastCheckNs, _ice.Accepted);
        var outcome = _ice.OnDatagram(input, Stranger, _nowNs, _response);
        Check(
            (_ice.Destination, _ice.LastCheckNs, _ice.Accepted) == before,
            "who does not know the password changed something"
        );
        CheckAnswer(outcome, Stranger);
        if (!StunMessage.TryParse(input, out var message))
            return "no message";
        Use(message);
        var length = Sign(input, message);
        if (length > StunMessage.MaxBytes)
            return "too long";
        outcome = _ice.OnDatagram(_signed.AsSpan(0, length), Home, _nowNs, _response);
        var code = CheckAnswer(outcome, Home);
        var isTaken = _ice.Accepted != before.Accepted;
        Check(isTaken == (code == 0), "what is taken is answered with success, and nothing else is");
        Check(!isTaken || _ice.IsValid(Home, _nowNs), "who proved himself is valid");
        return isTaken ? null : $"{message.Class} {code}";
    }

    private static void Use(in StunMessage message)
    {
        _ = (message.Method, message.Priority, message.IceControlled, message.IceControlling, message.ErrorCode);
        _ = message.TryReadMappedAddress(out _);
        Check(message.TransactionId.Length == 12, "a transaction id has 12 bytes");
        Check(!message.HasIntegrityOf(Password), "nobody but us signs with this password");
        Span<ushort> unknown = stackalloc ushort[4];
        Check(message.CopyUnknownRequired(unknown) > 0 == message.HasUnknownRequired, "an unknown attribute is named");
    }

    /// <summary>The same message with integrity and fingerprint that are right.</summary>
    private int Sign(ReadOnlySpan<byte> input, in StunMessage message)
    {
        // One that was never seen before, or it would only be a repetition.
        Span<byte> id = stackalloc byte[StunMessage.TransactionIdBytes];
        message.TransactionId.CopyTo(id);
        BinaryPrimitives.WriteInt64LittleEndian(id, ++_signatures);
        var writer = new StunWriter(_signed, message.Class, message.Method, id);
        // Of two the first counts: mostly the right one, so that more than the user name is tried.
        if ((message.TransactionId[^1] & 3) != 0)
            writer.AddUsername(Username);
        for (var offset = StunMessage.HeaderBytes; offset < input.Length; )
        {
            var type = BinaryPrimitives.ReadUInt16BigEndian(input[offset..]);
            var length = BinaryPrimitives.ReadUInt16BigEndian(input[(offset + 2)..]);
            if (type is not (StunAttribute.MessageIntegrity or StunAttribute.Fingerprint))
                writer.Add(type, input.Slice(offset + 4, length));
            offset += 4 + StunMessage.Padded(length);
        }

        writer.AddIntegrity(Password);
        writer.AddFingerprint();
        return writer.Length;
    }

    /// <returns>0 for a success, -1 for silence, otherwise the error's code.</returns>
    private int CheckAnswer(in IceOutcome outcome, in PeerAddress source)
    {
        if (outcome.ResponseBytes == 0)
            return -1;
        Check(
            StunMessage.TryParse(_response.AsSpan(0, outcome.ResponseBytes), out var answer),
            "an answer is a message"
        );
        Check(answer.HasValidFingerprint(), "an answer has a fingerprint");
        var isStranger = answer.ErrorCode is 400 or 401;
        Check(isStranger || answer.HasIntegrityOf(Password), "an answer to the peer is signed");
        if (answer.Class == StunClass.Error)
            return answer.ErrorCode ?? throw new FuzzFinding("an error has a code");
        Check(answer.TryReadMappedAddress(out var mapped) && mapped == source, "the peer is told its address");
        return 0;
    }

    private static byte[] Check(bool nominates, bool isControlled)
    {
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, StunClass.Request, StunMessage.Binding, "transaction!"u8);
        writer.AddUsername(Username);
        writer.AddPriority(0x6E7F1EFF);
        if (nominates)
            writer.AddUseCandidate();
        if (isControlled)
            writer.AddIceControlled(1);
        else
            writer.AddIceControlling(1);
        writer.Add(0xC057, [0, 1, 0, 10]);
        writer.AddIntegrity(OtherPassword);
        writer.AddFingerprint();
        return writer.Written.ToArray();
    }

    private static byte[] Response()
    {
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, StunClass.Success, StunMessage.Binding, "transaction?"u8);
        writer.AddMappedAddress(Stranger);
        writer.AddIntegrity(OtherPassword);
        writer.AddFingerprint();
        return writer.Written.ToArray();
    }

    private static byte[] Error()
    {
        var bytes = new byte[256];
        var writer = new StunWriter(bytes, StunClass.Error, StunMessage.Binding, "transaction."u8);
        writer.AddErrorCode(420, "Unknown Attribute"u8);
        writer.AddUnknownAttributes([0x0003, 0x7FFF]);
        writer.AddSoftware("test vector"u8);
        writer.AddFingerprint();
        return writer.Written.ToArray();
    }
}
