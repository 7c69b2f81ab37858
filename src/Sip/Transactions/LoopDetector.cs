using System.Security.Cryptography;

namespace OCPlatform.Sip.Transactions;

/// <summary>
/// Knows a request that this element sent and that comes back unchanged (RFC 3261 §16.3 step 4, RFC 5393 §4.2): its branch in the Via list carries a
/// keyed hash of the Request-URI it was sent to. One that comes back for another target is a spiral, and fine. Nothing is remembered.
/// Whoever calls itself by the very URI it listens on makes such a request too, so the core above decides what to make of it; and a loop through others
/// that write new Via lists is only ended by Max-Forwards, which has to be passed on (RFC 7332).
/// <code>
/// z9hG4bK  16 random letters  13 letters of the hash over random letters and Request-URI
/// </code>
/// </summary>
public sealed class LoopDetector
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz012345";
    private const int RandomLetters = 16;
    private const int MarkLetters = 13;
    private const int MarkStart = 7 + RandomLetters;
    private const int BranchLength = MarkStart + MarkLetters;

    private readonly (ulong First, ulong Second) _key = KeyedHash.NewKey();

    /// <summary>A branch for a request that is about to be sent. Its Request-URI must be final.</summary>
    public string NewBranch(SipRequest request)
    {
        Span<byte> branch = stackalloc byte[BranchLength];
        "z9hG4bK"u8.CopyTo(branch);
        Span<byte> random = stackalloc byte[RandomLetters];
        RandomNumberGenerator.Fill(random);
        for (var i = 0; i < RandomLetters; i++)
        {
            branch[7 + i] = (byte)Letters[random[i] & 31];
        }
        var uri = ByteWriter.TakeScratch();
        request.RequestUri.WriteTo(ref uri);
        Mark(branch[7..MarkStart], uri.Written, branch[MarkStart..]);
        uri.ReturnScratch();
        return System.Text.Encoding.ASCII.GetString(branch);
    }

    /// <summary>True for a request from the network that has been here before with the same Request-URI: 482 (Loop Detected).</summary>
    public bool IsLoop(SipRequest request)
    {
        var vias = new HeaderElements(request, SipHeaderId.Via);
        while (vias.TryRead(out var element))
        {
            if (
                ViaSlices.TryParse(element, out var via)
                && SipParameterReader.Find(via.Parameters, "branch"u8) is { Length: BranchLength } branch
                && IsOurs(branch, request.RequestUriBytes)
            )
            {
                return true;
            }
        }
        return false;
    }

    private bool IsOurs(ReadOnlySpan<byte> branch, ReadOnlySpan<byte> uri)
    {
        Span<byte> mark = stackalloc byte[MarkLetters];
        Mark(branch[7..MarkStart], uri, mark);
        return mark.SequenceEqual(branch[MarkStart..]);
    }

    private void Mark(ReadOnlySpan<byte> random, ReadOnlySpan<byte> uri, Span<byte> mark)
    {
        var hash = new KeyedHash(_key.First, _key.Second);
        hash.AddPart(random);
        hash.AddPart(uri);
        var bits = hash.Finish().First;
        for (var i = 0; i < MarkLetters; i++)
        {
            mark[i] = (byte)Letters[(int)(bits & 31)];
            bits >>= 5;
        }
    }
}
