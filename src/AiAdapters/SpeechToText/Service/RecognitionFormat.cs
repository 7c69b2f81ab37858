using Grpc.Core;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Asr;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;

namespace OCPlatform.AiAdapters.SpeechToText.Service;

/// <summary>The audio format of a request, checked.</summary>
internal readonly record struct RecognitionFormat(AudioEncoding Encoding, int SampleRateHz)
{
    private int BytesPerSample => Encoding == AudioEncoding.LinearPcm ? 2 : 1;

    /// <exception cref="RpcException">INVALID_ARGUMENT: the embedded engines cannot take this.</exception>
    public static RecognitionFormat Of(RecognitionConfig config, string modelName)
    {
        var encoding = config.Encoding == AudioEncoding.EncodingUnspecified ? AudioEncoding.LinearPcm : config.Encoding;
        Require(
            encoding is AudioEncoding.LinearPcm or AudioEncoding.Mulaw or AudioEncoding.Alaw,
            $"encoding {config.Encoding} is not supported; LINEAR_PCM, MULAW and ALAW are."
        );
        Require(
            config.SampleRateHertz is 8000 or 16000,
            $"sample_rate_hertz {config.SampleRateHertz} is not supported; 8000 and 16000 are."
        );
        Require(config.AudioChannelCount is 0 or 1, "audio_channel_count must be 1.");
        Require(
            config.LanguageCode.Length == 0 || config.LanguageCode.StartsWith("en", StringComparison.OrdinalIgnoreCase),
            $"language_code '{config.LanguageCode}' is not supported; English (en-US) is."
        );
        Require(
            config.Model.Length == 0 || config.Model == modelName,
            $"model '{config.Model}' is not served; '{modelName}' is."
        );
        return new RecognitionFormat(encoding, config.SampleRateHertz);
    }

    public int SampleCount(int bytes) => bytes / BytesPerSample;

    /// <summary>Decodes whole samples; the number of bytes must be a multiple of the sample's.</summary>
    public void Decode(ReadOnlySpan<byte> bytes, Span<short> samples)
    {
        if (Encoding == AudioEncoding.LinearPcm)
        {
            for (var i = 0; i < samples.Length; i++)
                samples[i] = System.Buffers.Binary.BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * i)..]);
        }
        else
        {
            var codec = Encoding == AudioEncoding.Mulaw ? AudioCodec.Pcmu : AudioCodec.Pcma;
            G711.Decode(codec, bytes[..samples.Length], samples);
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new RpcException(new Status(StatusCode.InvalidArgument, otherwise));
    }
}
