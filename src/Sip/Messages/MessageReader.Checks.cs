namespace OCPlatform.Sip;

/// <summary>What must hold of the headers that every element has to understand (RFC 3261 §8.1.1, §20).</summary>
internal ref partial struct MessageReader
{
    private void CheckHeaders()
    {
        if (_failed)
        {
            return;
        }
        for (var i = 0; i < _count && !_failed; i++)
        {
            var valid = _fields[i].Id switch
            {
                SipHeaderId.From or SipHeaderId.To => NameAddressSlices.TryParse(Value(i), out _),
                SipHeaderId.CallId => IsCallId(Value(i)),
                SipHeaderId.CSeq => CheckCSeq(i),
                SipHeaderId.Via => IsViaList(Value(i)),
                SipHeaderId.Route or SipHeaderId.RecordRoute => IsAddressList(Value(i)),
                SipHeaderId.Contact => Value(i).SequenceEqual("*"u8) || IsAddressList(Value(i)),
                SipHeaderId.MaxForwards => SipCharacters.TryParseUInt32(Value(i), out var hops) && hops <= 255,
                _ => true,
            };
            if (!valid)
            {
                Fail(SipParseErrorKind.BadHeaderValue, OffsetOf(i), _fields[i].Id);
            }
        }
        if (!_failed && FirstMissing() is var missing && missing != SipHeaderId.Unknown)
        {
            Fail(SipParseErrorKind.MissingHeader, _position, missing);
        }
    }

    private bool CheckCSeq(int index)
    {
        if (!CSeq.TrySplit(Value(index), out _, out var method))
        {
            return false;
        }
        if (_method is not null && !System.Text.Ascii.Equals(method, _method))
        {
            Fail(SipParseErrorKind.CSeqMethodMismatch, OffsetOf(index), SipHeaderId.CSeq);
        }
        return true;
    }

    private readonly SipHeaderId FirstMissing()
    {
        ReadOnlySpan<SipHeaderId> mandatory =
        [
            SipHeaderId.Via,
            SipHeaderId.From,
            SipHeaderId.To,
            SipHeaderId.CallId,
            SipHeaderId.CSeq,
        ];
        foreach (var id in mandatory)
        {
            if ((_seen & 1ul << (int)id) == 0)
            {
                return id;
            }
        }
        return SipHeaderId.Unknown;
    }

    /// <summary>
    /// A response would find its way: without Via and CSeq no client could match it. The rest is copied as far as it is there (RFC 4475 §3.3.1).
    /// </summary>
    private readonly bool IsAnswerable() => IndexOf(SipHeaderId.Via) >= 0 && IndexOf(SipHeaderId.CSeq) >= 0;

    private readonly int IndexOf(SipHeaderId id)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_fields[i].Id == id)
            {
                return i;
            }
        }
        return -1;
    }

    private readonly ReadOnlySpan<byte> Value(int index)
    {
        ref readonly var field = ref _fields[index];
        return (field.IsSide ? _side.Written : _bytes).Slice(field.Start + field.ValueOffset, field.ValueLength);
    }

    /// <summary>Where a value stands in the message; 0 for one that was unfolded and stands elsewhere.</summary>
    private readonly int OffsetOf(int index) =>
        _fields[index].IsSide ? 0 : _fields[index].Start + _fields[index].ValueOffset;

    /// <summary>callid = word [ "@" word ] (§25.1)</summary>
    private static bool IsCallId(ReadOnlySpan<byte> value) =>
        !value.IsEmpty && !value.ContainsAnyExcept(SipCharacters.Word);

    private static bool IsViaList(ReadOnlySpan<byte> list)
    {
        do
        {
            if (!TakeElement(ref list, out var element) || !ViaSlices.TryParse(element, out _))
            {
                return false;
            }
        } while (!list.IsEmpty);
        return true;
    }

    private static bool IsAddressList(ReadOnlySpan<byte> list)
    {
        do
        {
            if (!TakeElement(ref list, out var element) || !NameAddressSlices.TryParse(element, out _))
            {
                return false;
            }
        } while (!list.IsEmpty);
        return true;
    }

    private static bool TakeElement(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        var length = SipText.ListElementLength(list);
        if (length < 0)
        {
            element = default;
            return false;
        }
        element = list[..length];
        list = length < list.Length ? list[(length + 1)..] : default;
        return true;
    }
}
