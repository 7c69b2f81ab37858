using Google.Protobuf.Reflection;
using OCPlatform.AiAdapters.Riva;
using OCPlatform.AiAdapters.Riva.Asr;
using OCPlatform.AiAdapters.Riva.Tts;

namespace OCPlatform.AiAdapters.Tests;

/// <summary>
/// What an unmodified Riva client or server puts on the wire: names of services and methods, numbers and types of fields. The
/// expectations are Riva's published protocol, written down by hand.
/// </summary>
public sealed class RivaWireTests
{
    [Theory]
    [InlineData("RecognizeRequest", "config=1:Message audio=2:Bytes id=100:Message")]
    [InlineData("StreamingRecognizeRequest", "streaming_config=1:Message audio_content=2:Bytes id=100:Message")]
    [InlineData(
        "RecognitionConfig",
        "encoding=1:Enum sample_rate_hertz=2:Int32 language_code=3:String max_alternatives=4:Int32 profanity_filter=5:Bool "
            + "speech_contexts=6:Message* audio_channel_count=7:Int32 enable_word_time_offsets=8:Bool "
            + "enable_automatic_punctuation=11:Bool enable_separate_recognition_per_channel=12:Bool model=13:String "
            + "verbatim_transcripts=14:Bool diarization_config=19:Message custom_configuration=24:Message* "
            + "endpointing_config=25:Message get_vad_probabilities=26:Bool"
    )]
    [InlineData("StreamingRecognitionConfig", "config=1:Message interim_results=2:Bool")]
    [InlineData(
        "EndpointingConfig",
        "start_history=1:Int32 start_threshold=2:Float stop_history=3:Int32 stop_threshold=4:Float "
            + "stop_history_eou=5:Int32 stop_threshold_eou=6:Float"
    )]
    [InlineData("SpeechContext", "phrases=1:String* boost=4:Float")]
    [InlineData("SpeakerDiarizationConfig", "enable_speaker_diarization=1:Bool max_speaker_count=2:Int32")]
    [InlineData("RecognizeResponse", "results=1:Message* id=100:Message")]
    [InlineData("SpeechRecognitionResult", "alternatives=1:Message* channel_tag=2:Int32 audio_processed=3:Float")]
    [InlineData("SpeechRecognitionAlternative", "transcript=1:String confidence=2:Float words=3:Message*")]
    [InlineData("WordInfo", "start_time=1:Int32 end_time=2:Int32 word=3:String confidence=4:Float speaker_tag=5:Int32")]
    [InlineData("StreamingRecognizeResponse", "results=1:Message* id=100:Message")]
    [InlineData(
        "StreamingRecognitionResult",
        "alternatives=1:Message* is_final=2:Bool stability=3:Float channel_tag=5:Int32 audio_processed=6:Float "
            + "vad_probs=7:Float*"
    )]
    [InlineData("RivaSpeechRecognitionConfigRequest", "model_name=1:String")]
    [InlineData("RivaSpeechRecognitionConfigResponse", "model_config=1:Message*")]
    public void Recognition_messages_have_rivas_fields(string message, string fields) =>
        Fields(RivaAsrReflection.Descriptor, message).Should().Be(fields);

    [Theory]
    [InlineData(
        "SynthesizeSpeechRequest",
        "text=1:String language_code=2:String encoding=3:Enum sample_rate_hz=4:Int32 voice_name=5:String "
            + "zero_shot_data=6:Message custom_dictionary=7:String id=100:Message"
    )]
    [InlineData("SynthesizeSpeechResponse", "audio=1:Bytes meta=2:Message id=100:Message")]
    [InlineData(
        "SynthesizeSpeechResponseMetadata",
        "text=1:String processed_text=2:String predicted_durations=8:Float*"
    )]
    [InlineData("ZeroShotData", "audio_prompt=1:Bytes sample_rate_hz=2:Int32 encoding=3:Enum quality=4:Int32")]
    [InlineData("RivaSynthesisConfigRequest", "model_name=1:String")]
    [InlineData("RivaSynthesisConfigResponse", "model_config=1:Message*")]
    public void Synthesis_messages_have_rivas_fields(string message, string fields) =>
        Fields(RivaTtsReflection.Descriptor, message).Should().Be(fields);

    [Fact]
    public void Services_and_methods_have_rivas_names()
    {
        Methods(RivaAsrReflection.Descriptor)
            .Should()
            .BeEquivalentTo(
                "nvidia.riva.asr.RivaSpeechRecognition/Recognize",
                "nvidia.riva.asr.RivaSpeechRecognition/StreamingRecognize (stream in, stream out)",
                "nvidia.riva.asr.RivaSpeechRecognition/GetRivaSpeechRecognitionConfig"
            );
        Methods(RivaTtsReflection.Descriptor)
            .Should()
            .BeEquivalentTo(
                "nvidia.riva.tts.RivaSpeechSynthesis/Synthesize",
                "nvidia.riva.tts.RivaSpeechSynthesis/SynthesizeOnline (stream out)",
                "nvidia.riva.tts.RivaSpeechSynthesis/GetRivaSynthesisConfig"
            );
    }

    [Fact]
    public void Encodings_have_rivas_numbers()
    {
        var numbers = RivaAudioReflection
            .Descriptor.EnumTypes.Single(e => e.FullName == "nvidia.riva.AudioEncoding")
            .Values.Select(v => $"{v.Name}={v.Number}");
        numbers.Should().Equal("ENCODING_UNSPECIFIED=0", "LINEAR_PCM=1", "FLAC=2", "MULAW=3", "OGGOPUS=4", "ALAW=20");
        RivaCommonReflection.Descriptor.MessageTypes.Single().FullName.Should().Be("nvidia.riva.RequestId");
    }

    private static string Fields(FileDescriptor file, string message) =>
        string.Join(
            ' ',
            file.MessageTypes.Single(m => m.Name == message)
                .Fields.InFieldNumberOrder()
                .Select(f => $"{f.Name}={f.FieldNumber}:{f.FieldType}{(f.IsRepeated ? "*" : "")}")
        );

    private static IEnumerable<string> Methods(FileDescriptor file) =>
        file.Services.SelectMany(s => s.Methods.Select(m => $"{s.FullName}/{m.Name}{Streams(m)}"));

    private static string Streams(MethodDescriptor method) =>
        (method.IsClientStreaming, method.IsServerStreaming) switch
        {
            (true, true) => " (stream in, stream out)",
            (false, true) => " (stream out)",
            (true, false) => " (stream in)",
            _ => "",
        };
}
