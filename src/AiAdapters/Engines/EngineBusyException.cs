namespace OCPlatform.AiAdapters.Engines;

/// <summary>The engines' queue is full for work of this priority.</summary>
public sealed class EngineBusyException(EnginePriority priority)
    : Exception($"The speech engines' queue is full ({priority}).")
{
    public EnginePriority Priority { get; } = priority;
}
