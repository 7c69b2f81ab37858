using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace OCPlatform.AiAdapters.VoiceActivity;

/// <summary>
/// The Silero v6 network, loaded once; its detectors share it, and as many sets of tensors as there are runs at the same
/// time. Thread-safe.
/// </summary>
public sealed class VoiceActivityModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly ConcurrentQueue<VoiceActivityTensors> _idle = new();
    private volatile bool _disposed;

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
        _session = new InferenceSession(path, options);
    }

    /// <summary>A detector for one call.</summary>
    public VoiceActivityDetector Create() => new(this);

    /// <summary>After the last run.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryDequeue(out var tensors))
            tensors.Dispose();
        _session.Dispose();
    }

    internal VoiceActivityTensors Lend()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _idle.TryDequeue(out var tensors) ? tensors : new VoiceActivityTensors(_session);
    }

    internal void TakeBack(VoiceActivityTensors tensors)
    {
        if (_disposed)
            tensors.Dispose();
        else
            _idle.Enqueue(tensors);
    }
}
