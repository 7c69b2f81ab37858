namespace OCPlatform.Media.Sdp;

/// <summary>Why a session description was not understood.</summary>
public enum SdpError
{
    None,
    Empty,

    /// <summary>Longer than <see cref="SessionDescription.MaxBytes"/>, or more lines or m-lines than allowed.</summary>
    TooLarge,

    /// <summary>Not UTF-8, or a control character inside a line.</summary>
    BadEncoding,

    /// <summary>A line that is not <c>x=value</c>.</summary>
    BadLine,

    /// <summary>The first line is not <c>v=0</c>.</summary>
    BadVersion,
    BadOrigin,
    MissingOrigin,
    BadConnection,
    BadMedia,
    BadAttribute,
}

/// <summary>An error and the 1-based line it was found on (0: the description as a whole).</summary>
public readonly record struct SdpFailure(SdpError Error, int Line)
{
    public override string ToString() => Line == 0 ? $"SDP: {Error}" : $"SDP: {Error} on line {Line}";
}
