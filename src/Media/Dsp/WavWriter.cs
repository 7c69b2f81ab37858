using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Dsp;

/// <summary>
/// Writes a 16-bit PCM WAV file as the samples come. The header is completed on Dispose; until then it says "to the end",
/// so that the file of a killed process is playable.
/// </summary>
public sealed class WavWriter : IDisposable
{
    private const int HeaderBytes = 44;
    private readonly Stream _stream;
    private readonly int _sampleRateHz;
    private readonly int _channels;
    private long _dataBytes;
    private bool _disposed;

    /// <param name="stream">Owned by the writer; not seekable means the header stays "to the end".</param>
    /// <param name="sampleRateHz">Samples a second and channel.</param>
    /// <param name="channels">1 or 2.</param>
    public WavWriter(Stream stream, int sampleRateHz, int channels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRateHz, 1000);
        if (channels is < 1 or > 2)
            throw new ArgumentOutOfRangeException(nameof(channels));
        _stream = stream;
        _sampleRateHz = sampleRateHz;
        _channels = channels;
        WriteHeader(uint.MaxValue);
    }

    public WavWriter(string path, int sampleRateHz, int channels)
        : this(File.Create(path), sampleRateHz, channels) { }

    /// <summary>Appends samples, interleaved when there are two channels.</summary>
    public void Write(ReadOnlySpan<short> samples)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (BitConverter.IsLittleEndian)
        {
            _stream.Write(MemoryMarshal.AsBytes(samples));
        }
        else
        {
            Span<byte> two = stackalloc byte[2];
            foreach (var sample in samples)
            {
                BinaryPrimitives.WriteInt16LittleEndian(two, sample);
                _stream.Write(two);
            }
        }

        _dataBytes += samples.Length * 2L;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_stream.CanSeek && _dataBytes <= uint.MaxValue - HeaderBytes)
        {
            _stream.Position = 0;
            WriteHeader((uint)_dataBytes);
            _stream.Position = _stream.Length;
        }

        _stream.Dispose();
    }

    private void WriteHeader(uint dataBytes)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(
            header[4..],
            dataBytes == uint.MaxValue ? uint.MaxValue : dataBytes + HeaderBytes - 8
        );
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteUInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(header[22..], (ushort)_channels);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], _sampleRateHz);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], _sampleRateHz * _channels * 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[32..], (ushort)(_channels * 2));
        BinaryPrimitives.WriteUInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[40..], dataBytes);
        _stream.Write(header);
    }
}
