using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OCPlatform.Media.Recording;

/// <summary>
/// Opus in Ogg (RFC 7845): one page with the identification header, one with the comments, then a page for every block
/// (half a second), each with the granule position that lets a player find its way. The file of a killed process lacks
/// only the mark of the last page.
/// </summary>
internal sealed class OggOpusFile : RecordingContainer
{
    private const int GranuleHz = 48_000;
    private const int FramesPerSecond = 50;
    private const int GranulesPerFrame = GranuleHz / FramesPerSecond;
    private const int MostPacketBytes = 1275;
    private const int PageBytes = 16 * 1024;

    private readonly OpusStereoEncoder _encoder;
    private readonly OggPage _page = new(PageBytes);
    private readonly byte[] _packet = new byte[MostPacketBytes];
    private readonly short[] _frame;
    private readonly int _instantsPerFrame;
    private readonly int _granulesPerInstant;
    private readonly int _preSkip;
    private readonly uint _serial;
    private int _gathered;
    private long _instants;
    private long _frames;
    private long _framesInFile;
    private uint _pages;
    private long _bytes;

    public OggOpusFile(IRecordingFile file, int sampleRateHz)
        : base(file)
    {
        _encoder = new OpusStereoEncoder(sampleRateHz);
        _instantsPerFrame = sampleRateHz / FramesPerSecond;
        _granulesPerInstant = GranuleHz / sampleRateHz;
        _frame = new short[_instantsPerFrame * RecordingFormats.Channels];
        _preSkip = _encoder.Lookahead * _granulesPerInstant;
        // Tells the streams of one file apart, and there is one.
        _serial = 1;
        try
        {
            WriteHeaders(sampleRateHz);
        }
        catch
        {
            _encoder.Dispose();
            throw;
        }
    }

    public override long Bytes => _bytes;

    public override void Write(long position, ReadOnlySpan<byte> block)
    {
        FillTo(position);
        var samples = MemoryMarshal.Cast<byte, short>(block);
        while (!samples.IsEmpty)
        {
            var part = Math.Min(samples.Length, _frame.Length - _gathered);
            samples[..part].CopyTo(_frame.AsSpan(_gathered));
            samples = samples[part..];
            Gather(part);
        }

        WritePage(flags: 0, _frames * GranulesPerFrame);
    }

    public override void End(long position)
    {
        FillTo(position);
        // What the encoder still holds back comes out behind as much silence; the last granule position cuts the excess.
        var end = _preSkip + _instants * _granulesPerInstant;
        while (_frames * GranulesPerFrame < end)
        {
            _frame.AsSpan(_gathered).Clear();
            _gathered = _frame.Length;
            EncodeFrame();
        }

        WritePage(OggPage.Last, end);
    }

    public override void Dispose()
    {
        _encoder.Dispose();
        base.Dispose();
    }

    private void FillTo(long position)
    {
        while (_instants < position)
        {
            var part = (int)Math.Min((position - _instants) * RecordingFormats.Channels, _frame.Length - _gathered);
            _frame.AsSpan(_gathered, part).Clear();
            Gather(part);
        }
    }

    private void Gather(int samples)
    {
        _gathered += samples;
        _instants += samples / RecordingFormats.Channels;
        if (_gathered == _frame.Length)
            EncodeFrame();
    }

    private void EncodeFrame()
    {
        var packet = _packet.AsSpan(0, _encoder.Encode(_frame, _packet));
        _gathered = 0;
        if (!_page.TryAdd(packet))
        {
            WritePage(flags: 0, _frames * GranulesPerFrame);
            _page.TryAdd(packet);
        }

        _frames++;
    }

    private void WritePage(byte flags, long granule)
    {
        if (_page.IsEmpty && flags == 0)
            return;
        var page = _page.Take(flags, granule, _serial, _pages);
        try
        {
            File.Write(page, _bytes);
        }
        catch
        {
            // Back to where the file ends: silence will lead from there to the next block.
            (_frames, _gathered) = (_framesInFile, 0);
            _instants = _frames * _instantsPerFrame;
            throw;
        }

        _framesInFile = _frames;
        _pages++;
        _bytes += page.Length;
    }

    /// <summary>RFC 7845 §5.1 and §5.2.</summary>
    private void WriteHeaders(int sampleRateHz)
    {
        Span<byte> head = stackalloc byte[19];
        "OpusHead"u8.CopyTo(head);
        head[8] = 1; // version
        head[9] = RecordingFormats.Channels;
        BinaryPrimitives.WriteUInt16LittleEndian(head[10..], (ushort)_preSkip);
        BinaryPrimitives.WriteInt32LittleEndian(head[12..], sampleRateHz);
        BinaryPrimitives.WriteInt16LittleEndian(head[16..], 0); // gain
        head[18] = 0; // mapping family: left and right
        _page.TryAdd(head);
        WritePage(OggPage.First, granule: 0);

        var tags = new MemoryStream();
        tags.Write("OpusTags"u8);
        WriteText(tags, "OCPlatform");
        WriteLength(tags, 1);
        WriteText(tags, "DESCRIPTION=caller left, agent right");
        _page.TryAdd(tags.ToArray());
        WritePage(flags: 0, granule: 0);
    }

    private static void WriteText(MemoryStream to, string text)
    {
        WriteLength(to, Encoding.UTF8.GetByteCount(text));
        to.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void WriteLength(MemoryStream to, int length)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        to.Write(bytes);
    }
}
