using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Dsp;

/// <summary>A RIFF/WAVE file of 16-bit PCM, held in memory. Samples of several channels are interleaved.</summary>
public sealed record WavFile(int SampleRateHz, int Channels, short[] Samples)
{
    /// <summary>Sample instants, whatever the number of channels.</summary>
    public int Frames => Samples.Length / Channels;

    /// <summary>Length in ms.</summary>
    public double DurationMs => Frames * 1000.0 / SampleRateHz;

    /// <exception cref="InvalidDataException">Not a RIFF/WAVE file of 16-bit PCM with 1 or 2 channels.</exception>
    public static WavFile Read(string path)
    {
        using var file = File.OpenRead(path);
        return Read(file);
    }

    /// <summary>Reads to the end of the data chunk; a data length of 0 or beyond the end (a streamed file) means "the rest".</summary>
    /// <exception cref="InvalidDataException">Not a RIFF/WAVE file of 16-bit PCM with 1 or 2 channels.</exception>
    public static WavFile Read(Stream stream)
    {
        var reader = new WavChunks(stream);
        var (rateHz, channels) = reader.Format();
        var data = reader.Data();
        var samples = new short[data.Length / (2 * channels) * channels];
        MemoryMarshal.Cast<byte, short>(data.AsSpan(0, samples.Length * 2)).CopyTo(samples);
        if (!BitConverter.IsLittleEndian)
            BinaryPrimitives.ReverseEndianness(samples, samples);
        return new WavFile(rateHz, channels, samples);
    }

    /// <summary>One channel of it; <paramref name="channel"/> −1 mixes all of them down.</summary>
    public short[] Mono(int channel = -1)
    {
        if (Channels == 1)
            return Samples;
        var mono = new short[Frames];
        for (var i = 0; i < mono.Length; i++)
        {
            if (channel >= 0)
            {
                mono[i] = Samples[i * Channels + channel];
                continue;
            }

            var sum = 0;
            for (var c = 0; c < Channels; c++)
                sum += Samples[i * Channels + c];
            mono[i] = (short)(sum / Channels);
        }

        return mono;
    }

    public void Write(string path)
    {
        using var writer = new WavWriter(File.Create(path), SampleRateHz, Channels);
        writer.Write(Samples);
    }
}

/// <summary>The chunk structure of RIFF/WAVE.</summary>
file sealed class WavChunks(Stream stream)
{
    private const int MaxDataBytes = 1 << 30;
    private const ushort Pcm = 1;
    private const ushort Extensible = 0xFFFE;

    public (int RateHz, int Channels) Format()
    {
        Span<byte> riff = stackalloc byte[12];
        ReadExactly(riff);
        if (!riff[..4].SequenceEqual("RIFF"u8) || !riff[8..].SequenceEqual("WAVE"u8))
            throw new InvalidDataException("Not a RIFF/WAVE file.");
        var size = Find("fmt "u8);
        if (size is < 16 or > 4096)
            throw new InvalidDataException("The fmt chunk has an impossible size.");
        var format = new byte[size + (size & 1)];
        ReadExactly(format);
        var tag = BinaryPrimitives.ReadUInt16LittleEndian(format);
        var channels = BinaryPrimitives.ReadUInt16LittleEndian(format.AsSpan(2));
        var rateHz = BinaryPrimitives.ReadInt32LittleEndian(format.AsSpan(4));
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(format.AsSpan(14));
        if (tag is not (Pcm or Extensible) || bits != 16 || channels is < 1 or > 2 || rateHz is < 1000 or > 384_000)
            throw new InvalidDataException(
                $"Only 16-bit PCM, mono or stereo: this has tag {tag}, {bits} bits, {channels} channels, {rateHz} Hz."
            );
        return (rateHz, channels);
    }

    public byte[] Data()
    {
        var size = Find("data"u8);
        var toTheEnd = size is 0 or uint.MaxValue;
        using var data = new MemoryStream();
        var buffer = new byte[16 * 1024];
        long left = toTheEnd ? MaxDataBytes : size;
        while (left > 0)
        {
            var read = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (read == 0)
                break;
            data.Write(buffer, 0, read);
            left -= read;
            if (data.Length >= MaxDataBytes)
                throw new InvalidDataException("More than 1 GiB of audio.");
        }

        return data.ToArray();
    }

    private uint Find(ReadOnlySpan<byte> id)
    {
        Span<byte> header = stackalloc byte[8];
        while (true)
        {
            ReadExactly(header);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            if (header[..4].SequenceEqual(id))
                return size;
            Skip(size + (size & 1));
        }
    }

    private void Skip(long bytes)
    {
        Span<byte> waste = stackalloc byte[512];
        while (bytes > 0)
        {
            var part = waste[..(int)Math.Min(bytes, waste.Length)];
            ReadExactly(part);
            bytes -= part.Length;
        }
    }

    private void ReadExactly(Span<byte> destination)
    {
        try
        {
            stream.ReadExactly(destination);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException("The WAV file ends early.");
        }
    }
}
