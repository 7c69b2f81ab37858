namespace OCPlatform.AiAdapters;

/// <summary>Why speech could not be had.</summary>
public enum SpeechFailure
{
    /// <summary>No answer in time.</summary>
    Deadline,

    /// <summary>No endpoint or engine could take the request.</summary>
    Unavailable,

    /// <summary>The request itself is at fault: format, language, voice.</summary>
    Rejected,
}

/// <summary>Speech could not be recognised or synthesised by any endpoint within the deadline.</summary>
public sealed class SpeechException(SpeechFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public SpeechFailure Failure { get; } = failure;
}
