using Microsoft.ML.OnnxRuntime;

namespace OCPlatform.AiAdapters.Engines;

/// <summary>How the big networks are loaded: one session per model for the whole process, run from many threads.</summary>
internal static class OnnxSessions
{
    /// <summary>
    /// Single-threaded inference: parallelism comes from the pool's workers, which keeps the cost per call flat. The arena
    /// stays on although it keeps the longest run's memory: without it Moonshine costs 0.15 instead of 0.06 CPU s per
    /// audio s, all of it page faults.
    /// </summary>
    public static InferenceSession Load(string path)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            EnableCpuMemArena = true,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        return new InferenceSession(path, options);
    }
}
