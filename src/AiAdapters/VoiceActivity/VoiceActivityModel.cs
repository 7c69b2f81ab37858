using Microsoft.ML.OnnxRuntime;

namespace OCPlatform.AiAdapters.VoiceActivity;

/// <summary>The Silero v6 network, loaded once; its detectors share it. Thread-safe.</summary>
public sealed class VoiceActivityModel : IDisposable
{
    /// <param name="path">silero_vad_v6.onnx.</param>
    public VoiceActivityModel(string path)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        Session = new InferenceSession(path, options);
    }

    internal InferenceSession Session { get; }

    /// <summary>A detector for one call.</summary>
    public VoiceActivityDetector Create() => new(this);

    public void Dispose() => Session.Dispose();
}
