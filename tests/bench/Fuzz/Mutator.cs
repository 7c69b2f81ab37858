using System.Text;

namespace OCPlatform.Bench.Fuzz;

/// <summary>
/// Makes input out of well-formed samples: knows lines, values, separators, quotes and numbers, so that what it makes gets past the first checks, and
/// some bytes of chance for the rest.
/// </summary>
internal sealed class Mutator(FuzzTarget target, FuzzRandom random)
{
    private const int MaxBytes = 20_000;

    private static readonly byte[] Steering = "\r\n \t:;,=<>\"\\@?[]%/*.()&+-_09aZ\0\u007f"u8.ToArray();

    private static readonly byte[][] Numbers =
    [
        .. new[]
        {
            "0",
            "-1",
            "00",
            "1",
            "69",
            "70",
            "255",
            "256",
            "65535",
            "65536",
            "2147483647",
            "2147483648",
            "4294967295",
            "4294967296",
            "18446744073709551616",
            "99999999999999999999999999999999999",
            "1e9",
            "0x10",
            " 5",
            "+5",
            "",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly byte[][] Oddities =
    [
        .. new[]
        {
            "\r\n ",
            "\r\n\t\r\n ",
            "\n ",
            "\r",
            "%00",
            "%",
            "%4",
            "%zz",
            "\"",
            "\\\"",
            "\"\\",
            "<",
            ">",
            "<>",
            "<<",
            ";;",
            ",,",
            "==",
            "::",
            "[::1]",
            "[",
            "]",
            "@",
            "?a=b",
            ";lr",
            ";tag=",
            ";tag=x;tag=y",
            "\u00e9",
            "\u5927",
            "\ud83d\ude00",
            "*",
            "SIP/2.0",
            "--",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe],
        [0xc0, 0x80],
        [0xed, 0xa0, 0x80],
    ];

    private byte[] _bytes = new byte[MaxBytes * 2];
    private int _length;

    /// <summary>The next input; good until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        Set(random.Pick(target.Samples));
        // Some inputs stay as they are or nearly so: what is accepted goes through the most code.
        var changes = random.Below(8);
        for (var i = 0; i < changes; i++)
        {
            Change();
        }
        return _bytes.AsSpan(0, _length);
    }

    private void Change()
    {
        switch (random.Below(16))
        {
            case 0:
                ReplaceByte();
                break;
            case 1:
                Replace(At(), 0, [random.Pick(Steering)]);
                break;
            case 2:
                Replace(At(), random.Below(random.OneIn(4) ? 200 : 8), default);
                break;
            case 3:
                Repeat();
                break;
            case 4:
                Stretch();
                break;
            case 5:
                Replace(At(), 0, random.Pick(Oddities));
                break;
            case 6:
            case 7:
                ChangeNumber();
                break;
            case 8:
                DropLine();
                break;
            case 9:
            case 10:
                InsertLine();
                break;
            case 11:
                MoveLine();
                break;
            case 12:
            case 13:
                ChangeToken();
                break;
            case 14:
                Splice();
                break;
            default:
                ChangeSeparator();
                break;
        }
    }

    private int At() => random.Below(_length + 1);

    private void ReplaceByte()
    {
        if (_length > 0)
        {
            _bytes[random.Below(_length)] = random.OneIn(3) ? (byte)random.Next() : random.Pick(Steering);
        }
    }

    /// <summary>A piece of the input twice.</summary>
    private void Repeat()
    {
        var from = At();
        var length = Math.Min(random.Below(60), _length - from);
        Span<byte> piece = stackalloc byte[60];
        _bytes.AsSpan(from, length).CopyTo(piece);
        Replace(At(), 0, piece[..length]);
    }

    /// <summary>One byte very often.</summary>
    private void Stretch()
    {
        var b = random.OneIn(2) && _length > 0 ? _bytes[random.Below(_length)] : random.Pick(Steering);
        Span<byte> run = stackalloc byte[2_000];
        run = run[..random.Below(random.OneIn(4) ? 2_000 : 100)];
        run.Fill(b);
        Replace(At(), 0, run);
    }

    private void ChangeNumber()
    {
        var (start, length) = Find(static b => b is >= (byte)'0' and <= (byte)'9');
        Replace(start, length, random.Pick(Numbers));
    }

    /// <summary>A word of the input becomes a word of the dictionary, or another's.</summary>
    private void ChangeToken()
    {
        var (start, length) = Find(static b =>
            b is >= (byte)'a' and <= (byte)'z' or >= (byte)'A' and <= (byte)'Z' or (byte)'-'
        );
        Replace(start, length, random.Pick(target.Words));
    }

    private void ChangeSeparator()
    {
        var (start, length) = Find(static b =>
            b is (byte)';' or (byte)',' or (byte)'=' or (byte)':' or (byte)' ' or (byte)'"'
        );
        Replace(start, length, random.OneIn(2) ? random.Pick(Oddities) : [random.Pick(Steering)]);
    }

    /// <summary>The first run of such bytes after a place of chance.</summary>
    private (int Start, int Length) Find(Func<byte, bool> wanted)
    {
        var start = At();
        while (start < _length && !wanted(_bytes[start]))
        {
            start++;
        }
        var end = start;
        while (end < _length && wanted(_bytes[end]))
        {
            end++;
        }
        return (start, end - start);
    }

    private (int Start, int Length) Line()
    {
        var start = At();
        while (start > 0 && _bytes[start - 1] != (byte)'\n')
        {
            start--;
        }
        var end = _bytes.AsSpan(start, _length - start).IndexOf((byte)'\n');
        return (start, end < 0 ? _length - start : end + 1);
    }

    private void DropLine()
    {
        var (start, length) = Line();
        Replace(start, length, default);
    }

    private void InsertLine() => Replace(Line().Start, 0, random.Pick(target.Lines));

    private void MoveLine()
    {
        var (start, length) = Line();
        Span<byte> line = stackalloc byte[400];
        length = Math.Min(length, line.Length);
        line = line[..length];
        _bytes.AsSpan(start, length).CopyTo(line);
        if (random.OneIn(2))
        {
            Replace(start, length, default);
        }
        Replace(Line().Start, 0, line);
    }

    /// <summary>The end of another sample.</summary>
    private void Splice()
    {
        var other = random.Pick(target.Samples);
        var at = At();
        Replace(at, _length - at, other.AsSpan(random.Below(other.Length)));
    }

    private void Set(ReadOnlySpan<byte> bytes)
    {
        _length = bytes.Length;
        bytes.CopyTo(_bytes);
    }

    private void Replace(int start, int length, ReadOnlySpan<byte> with)
    {
        length = Math.Min(length, _length - start);
        if (_length - length + with.Length > MaxBytes)
        {
            return;
        }
        _bytes.AsSpan(start + length, _length - start - length).CopyTo(_bytes.AsSpan(start + with.Length));
        with.CopyTo(_bytes.AsSpan(start));
        _length += with.Length - length;
    }
}
