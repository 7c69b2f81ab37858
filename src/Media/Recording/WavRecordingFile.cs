namespace OCPlatform.Media.Recording;

/// <summary>
/// A WAV file that grows. Its head tells the true length after every block, so that the file can be played at any moment,
/// and after a kill.
/// </summary>
internal sealed class WavRecordingFile : RecordingContainer
{
    private const int SilenceBytes = 64 * 1024;
    private static readonly byte[] UlawSilence = Silence(RecordingFormat.WavUlaw);
    private static readonly byte[] PcmSilence = Silence(RecordingFormat.WavPcm);

    private readonly RecordingFormat _format;
    private readonly int _sampleRateHz;
    private long _dataBytes;

    public WavRecordingFile(IRecordingFile file, RecordingFormat format, int sampleRateHz)
        : base(file)
    {
        _format = format;
        _sampleRateHz = sampleRateHz;
        WriteHeader();
    }

    public override long Bytes => WavHeader.Bytes + _dataBytes;

    public override void Write(long position, ReadOnlySpan<byte> block)
    {
        FillTo(position * _format.BytesPerInstant());
        File.Write(block, WavHeader.Bytes + _dataBytes);
        _dataBytes += block.Length;
        WriteHeader();
    }

    public override void End(long position)
    {
        FillTo(position * _format.BytesPerInstant());
        WriteHeader();
    }

    private void FillTo(long dataBytes)
    {
        var silence = _format == RecordingFormat.WavUlaw ? UlawSilence : PcmSilence;
        while (_dataBytes < dataBytes)
        {
            var part = (int)Math.Min(dataBytes - _dataBytes, SilenceBytes);
            File.Write(silence.AsSpan(0, part), WavHeader.Bytes + _dataBytes);
            _dataBytes += part;
        }
    }

    private void WriteHeader()
    {
        Span<byte> header = stackalloc byte[WavHeader.Bytes];
        WavHeader.Write(header, _format, _sampleRateHz, _dataBytes);
        File.Write(header, 0);
    }

    private static byte[] Silence(RecordingFormat format)
    {
        var silence = new byte[SilenceBytes];
        silence.AsSpan().Fill(format.SilentByte());
        return silence;
    }
}
