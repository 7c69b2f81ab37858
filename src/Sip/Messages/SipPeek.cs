using System.Text;

namespace OCPlatform.Sip;

/// <summary>
/// What routes a message, read from its bytes without allocating: start line, Call-ID, tags, CSeq and top Via. A look ahead of the parser, for
/// retransmissions, dialogs and floods; it says nothing about the rest of the message, and where it reads nothing the parser may still have a
/// finding to answer. The slices are good as long as the bytes are.
/// </summary>
public readonly ref struct SipPeek
{
    /// <summary>Empty in a response.</summary>
    public ReadOnlySpan<byte> Method { get; private init; }

    /// <summary>Empty in a response.</summary>
    public ReadOnlySpan<byte> RequestUri { get; private init; }

    /// <summary>0 in a request.</summary>
    public int StatusCode { get; private init; }

    public ReadOnlySpan<byte> CallId { get; private init; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> FromTag { get; private init; }

    /// <inheritdoc cref="FromTag"/>
    public ReadOnlySpan<byte> ToTag { get; private init; }

    public uint CSeqNumber { get; private init; }

    public ReadOnlySpan<byte> CSeqMethod { get; private init; }

    /// <summary>Of the top Via; empty when there is none.</summary>
    public ReadOnlySpan<byte> Branch { get; private init; }

    public ReadOnlySpan<byte> SentByHost { get; private init; }

    /// <summary>0 when not given.</summary>
    public int SentByPort { get; private init; }

    /// <summary>No other Via value follows, as must be in a response to a request of our own (RFC 3261 §8.1.3.3).</summary>
    public bool HasOneVia { get; private init; }

    public bool IsRequest => StatusCode == 0;

    /// <summary>See <see cref="Via.HasMagicCookie"/>.</summary>
    public bool HasMagicCookie => Via.IsMagic(Branch);

    /// <summary>False when one of the five headers is missing, stands twice, is folded or cannot be read: the parser's affair.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out SipPeek peek)
    {
        peek = default;
        var rest = message.TrimStart("\r\n"u8);
        var lineEnd = rest.IndexOfAny(SipCharacters.LineEnd);
        if (lineEnd <= 0 || !TryReadStartLine(rest[..lineEnd], out var method, out var uri, out var status))
        {
            return false;
        }
        var headers = new Headers();
        return headers.TryRead(rest[lineEnd..]) && headers.TryFinish(method, uri, status, out peek);
    }

    private static bool TryReadStartLine(
        ReadOnlySpan<byte> line,
        out ReadOnlySpan<byte> method,
        out ReadOnlySpan<byte> uri,
        out int status
    )
    {
        method = default;
        uri = default;
        status = 0;
        if (line.StartsWith("SIP/2.0 "u8))
        {
            if (
                line.Length < 11
                || !SipCharacters.TryParseUInt32(line.Slice(8, 3), out var code)
                || code is < 100 or > 699
            )
            {
                return false;
            }
            status = (int)code;
            return true;
        }
        if (!line.EndsWith(" SIP/2.0"u8))
        {
            return false;
        }
        var space = line.IndexOf((byte)' ');
        if (space <= 0 || space >= line.Length - 9)
        {
            return false;
        }
        method = line[..space];
        uri = line[(space + 1)..^8];
        return SipCharacters.IsToken(method) && !uri.Contains((byte)' ');
    }

    /// <summary>The header part, line by line.</summary>
    private ref struct Headers
    {
        private ReadOnlySpan<byte> _via;
        private ReadOnlySpan<byte> _from;
        private ReadOnlySpan<byte> _to;
        private ReadOnlySpan<byte> _callId;
        private ReadOnlySpan<byte> _cseq;
        private bool _moreVias;

        /// <summary>True when the empty line was reached and nothing stood twice.</summary>
        public bool TryRead(ReadOnlySpan<byte> text)
        {
            while (SkipLineEnd(ref text))
            {
                if (text.IsEmpty)
                {
                    return false;
                }
                if (text[0] is (byte)'\r' or (byte)'\n')
                {
                    return true;
                }
                var line = TakeLine(ref text);
                if (!Take(line))
                {
                    return false;
                }
            }
            return false;
        }

        private bool Take(ReadOnlySpan<byte> line)
        {
            var colon = line.IndexOf((byte)':');
            if (colon <= 0)
            {
                return false;
            }
            var id = SipHeaderNames.Find(line[..colon].TrimEnd(" \t"u8));
            switch (id)
            {
                case SipHeaderId.Via when _via.IsEmpty:
                    return TakeOnce(ref _via, line[(colon + 1)..]);
                case SipHeaderId.Via:
                    _moreVias = true;
                    return true;
                case SipHeaderId.From:
                    return TakeOnce(ref _from, line[(colon + 1)..]);
                case SipHeaderId.To:
                    return TakeOnce(ref _to, line[(colon + 1)..]);
                case SipHeaderId.CallId:
                    return TakeOnce(ref _callId, line[(colon + 1)..]);
                case SipHeaderId.CSeq:
                    return TakeOnce(ref _cseq, line[(colon + 1)..]);
                default:
                    return true;
            }
        }

        private static bool TakeOnce(ref ReadOnlySpan<byte> slot, ReadOnlySpan<byte> value)
        {
            value = SipCharacters.Trim(value);
            if (!slot.IsEmpty || value.IsEmpty || value.ContainsAny(SipCharacters.LineEnd))
            {
                return false;
            }
            slot = value;
            return true;
        }

        public readonly bool TryFinish(ReadOnlySpan<byte> method, ReadOnlySpan<byte> uri, int status, out SipPeek peek)
        {
            peek = default;
            if (
                _from.IsEmpty
                || _to.IsEmpty
                || _callId.IsEmpty
                || !CSeq.TrySplit(_cseq, out var number, out var cseqMethod)
                || (status == 0 && !cseqMethod.SequenceEqual(method))
                || SipText.ListElementLength(_via) is var length && length <= 0
                || !ViaSlices.TryParse(_via[..length], out var via)
            )
            {
                return false;
            }
            peek = new SipPeek
            {
                Method = method,
                RequestUri = uri,
                StatusCode = status,
                CallId = _callId,
                FromTag = TagOf(_from),
                ToTag = TagOf(_to),
                CSeqNumber = number,
                CSeqMethod = cseqMethod,
                Branch = SipParameterReader.Find(via.Parameters, "branch"u8),
                SentByHost = via.Host,
                SentByPort = via.Port,
                HasOneVia = !_moreVias && length == _via.Length,
            };
            return true;
        }

        private static ReadOnlySpan<byte> TagOf(ReadOnlySpan<byte> address) =>
            NameAddressSlices.TrySplit(address, out var slices)
                ? SipParameterReader.Find(slices.Parameters, "tag"u8)
                : default;

        /// <summary>One header with its folds; leaves the text at its line end.</summary>
        private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> text)
        {
            var end = 0;
            while (true)
            {
                var length = text[end..].IndexOfAny(SipCharacters.LineEnd);
                if (length < 0)
                {
                    var all = text;
                    text = default;
                    return all;
                }
                end += length;
                var next = end + (text[end..].StartsWith("\r\n"u8) ? 2 : 1);
                if (next >= text.Length || !SipCharacters.IsWhiteSpace(text[next]))
                {
                    var line = text[..end];
                    text = text[end..];
                    return line;
                }
                end = next;
            }
        }

        private static bool SkipLineEnd(scoped ref ReadOnlySpan<byte> text)
        {
            if (text.IsEmpty || text[0] is not ((byte)'\r' or (byte)'\n'))
            {
                return false;
            }
            text = text[(text.StartsWith("\r\n"u8) ? 2 : 1)..];
            return true;
        }
    }
}
