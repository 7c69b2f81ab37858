using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace OCPlatform.Sip.Transactions;

/// <summary>
/// What a message is matched to its transaction by (RFC 3261 §17.1.3, §17.2.3), as 128 bits of a keyed hash over the bytes that count: nothing is
/// allocated to look a transaction up, and a table keyed by it cannot be flooded.
/// </summary>
internal readonly record struct TransactionKey(ulong High, ulong Low)
{
    private const byte Client = (byte)'c';
    private const byte Server = (byte)'s';
    private const byte OldServer = (byte)'o';
    private const byte Merged = (byte)'m';
    private const byte Stranger = (byte)'x';

    /// <summary>Already spread by the hash.</summary>
    public override int GetHashCode() => (int)Low;

    /// <summary>Client: branch and CSeq method.</summary>
    public static TransactionKey ForClient(SipMessage message, string method)
    {
        Span<byte> name = stackalloc byte[64];
        return ForClient(MethodBytes(method, name), TopViaReader.Of(message).Branch);
    }

    public static TransactionKey ForClient(in SipPeek message) => ForClient(message.CSeqMethod, message.Branch);

    private static TransactionKey ForClient(ReadOnlySpan<byte> method, ReadOnlySpan<byte> branch)
    {
        var hash = KeyedHash.Create();
        hash.Add(Client);
        hash.AddPart(method);
        hash.AddPart(branch);
        return Of(ref hash);
    }

    /// <summary>
    /// Server: method (ACK counts as the INVITE's), branch and sent-by; without magic cookie what RFC 2543 matched by.
    /// Of the To tag the latter takes no notice, because the tag of an ACK is that of our response.
    /// </summary>
    public static TransactionKey ForServer(SipRequest request, string method)
    {
        var via = TopViaReader.Of(request);
        Span<byte> name = stackalloc byte[64];
        var methodName = MethodBytes(method, name);
        if (via.HasMagicCookie)
        {
            return ForServer(methodName, via.Branch, via.Host, via.Port);
        }
        request.Headers.TryGetBytes(SipHeaderId.CallId, out var callId);
        request.Headers.TryGetBytes(SipHeaderId.CSeq, out var cseq);
        CSeq.TrySplit(cseq, out var number, out _);
        return ForOldClient(
            methodName,
            callId,
            number,
            request.FromTag,
            via.Branch,
            via.Host,
            via.Port,
            request.RequestUriBytes
        );
    }

    public static TransactionKey ForServer(in SipPeek request) =>
        request.HasMagicCookie
            ? ForServer(request.Method, request.Branch, request.SentByHost, request.SentByPort)
            : ForOldClient(
                request.Method,
                request.CallId,
                request.CSeqNumber,
                request.FromTag,
                request.Branch,
                request.SentByHost,
                request.SentByPort,
                request.RequestUri
            );

    private static TransactionKey ForServer(
        ReadOnlySpan<byte> method,
        ReadOnlySpan<byte> branch,
        ReadOnlySpan<byte> host,
        int port
    )
    {
        var hash = KeyedHash.Create();
        hash.Add(Server);
        hash.AddPart(Matched(method));
        hash.AddPart(branch);
        hash.AddPart(host);
        AddNumber(ref hash, (uint)port);
        return Of(ref hash);
    }

    private static TransactionKey ForOldClient(
        ReadOnlySpan<byte> method,
        ReadOnlySpan<byte> callId,
        uint cseq,
        ReadOnlySpan<byte> fromTag,
        ReadOnlySpan<byte> branch,
        ReadOnlySpan<byte> host,
        int port,
        ReadOnlySpan<byte> uri
    )
    {
        var hash = KeyedHash.Create();
        hash.Add(OldServer);
        hash.AddPart(Matched(method));
        hash.AddPart(callId);
        AddNumber(ref hash, cseq);
        hash.AddPart(fromTag);
        hash.AddPart(branch);
        hash.AddPart(host);
        AddNumber(ref hash, (uint)port);
        hash.AddPart(uri);
        return Of(ref hash);
    }

    /// <summary>What copies of one request have in common that came by different ways (RFC 3261 §8.2.2.2).</summary>
    public static TransactionKey ForMerged(SipRequest request)
    {
        request.Headers.TryGetBytes(SipHeaderId.CallId, out var callId);
        request.Headers.TryGetBytes(SipHeaderId.CSeq, out var cseq);
        CSeq.TrySplit(cseq, out var number, out var method);
        var hash = KeyedHash.Create();
        hash.Add(Merged);
        hash.AddPart(method);
        hash.AddPart(callId);
        AddNumber(ref hash, number);
        hash.AddPart(request.FromTag);
        return Of(ref hash);
    }

    /// <summary>The key that a text from <see cref="ToString"/> stands for; any other text gives one that no transaction has.</summary>
    public static TransactionKey Parse(string text)
    {
        if (
            text.Length == 32
            && ulong.TryParse(text.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, null, out var high)
            && ulong.TryParse(text.AsSpan(16), NumberStyles.AllowHexSpecifier, null, out var low)
        )
        {
            return new(high, low);
        }
        var hash = KeyedHash.Create();
        hash.Add(Stranger);
        hash.Add(Encoding.UTF8.GetBytes(text));
        return Of(ref hash);
    }

    public override string ToString() => string.Create(null, stackalloc char[32], $"{High:x16}{Low:x16}");

    private static ReadOnlySpan<byte> Matched(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("ACK"u8) ? "INVITE"u8 : method;

    private static void AddNumber(ref KeyedHash hash, uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        hash.Add(bytes);
    }

    private static TransactionKey Of(ref KeyedHash hash)
    {
        var (high, low) = hash.Finish();
        return new(high, low);
    }

    /// <summary>In the buffer when it fits; methods of our own may be longer than the parser lets in.</summary>
    private static ReadOnlySpan<byte> MethodBytes(string method, Span<byte> buffer) =>
        Encoding.UTF8.TryGetBytes(method, buffer, out var length) ? buffer[..length] : Encoding.UTF8.GetBytes(method);
}
