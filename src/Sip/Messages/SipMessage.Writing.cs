using System.Buffers;
using System.Text;

namespace OCPlatform.Sip;

/// <summary>A message as it goes on the wire.</summary>
public abstract partial class SipMessage
{
    /// <summary>Writes the message as it goes on the wire, Content-Length last and always right.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        var writer = ByteWriter.TakeScratch();
        WriteTo(ref writer);
        output.Write(writer.Written);
        writer.ReturnScratch();
    }

    /// <summary>The message as it goes on the wire. Nothing but the array is allocated.</summary>
    public byte[] ToBytes()
    {
        var writer = ByteWriter.TakeScratch();
        WriteTo(ref writer);
        var bytes = writer.Written.ToArray();
        writer.ReturnScratch();
        return bytes;
    }

    /// <summary>The whole message as text, for logs and tests.</summary>
    public override string ToString() => Encoding.UTF8.GetString(ToBytes());

    private protected abstract void WriteStartLine(ref ByteWriter output);

    private void WriteTo(ref ByteWriter output)
    {
        ThrowIfReleased();
        WriteStartLine(ref output);
        var fields = _fields.AsSpan(0, _fieldCount);
        for (var i = 0; i < fields.Length; i++)
        {
            ref var field = ref fields[i];
            if (field.Id == SipHeaderId.ContentLength)
            {
                continue;
            }
            output.Write(NameBytes(in field));
            output.Write(": "u8);
            output.Write(Bytes(in field, field.Start + field.ValueOffset, field.ValueLength));
            output.Write("\r\n"u8);
        }
        output.Write("Content-Length: "u8);
        output.Write(_body.Length);
        output.Write("\r\n\r\n"u8);
        output.Write(_body.Span);
    }

    /// <summary>Replaces the first Via value and keeps what else its line holds.</summary>
    private void ReplaceTopVia(Via via)
    {
        var at = IndexOf(SipHeaderId.Via, 0);
        if (at < 0)
        {
            InsertField(0, MakeField(SipHeaderId.Via, in via));
            return;
        }
        var line = ValueOf(at);
        var length = SipText.ListElementLength(line);
        var writer = ByteWriter.TakeScratch();
        via.WriteTo(ref writer);
        writer.Write(length >= 0 ? line[length..] : default);
        ReplaceFirst(SipHeaderId.Via, writer.Written);
        writer.ReturnScratch();
    }

    /// <summary>Replaces the first line of a header that is there.</summary>
    internal void ReplaceFirst(SipHeaderId id, ReadOnlySpan<byte> value) =>
        ReplaceField(IndexOf(id, 0), MakeField(id, "", value));
}
