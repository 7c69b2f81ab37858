namespace OCPlatform.AiAdapters.TextToSpeech.Service;

/// <summary>A voice of one of the embedded engines.</summary>
internal readonly record struct VoiceName(string Engine, string Voice)
{
    public const string Kokoro = "kokoro";
    public const string Flite = "flite";

    public bool IsFlite => Engine == Flite;

    /// <summary>Reads <c>af_heart</c>, <c>kokoro/af_heart</c> or <c>flite/slt</c>.</summary>
    public static VoiceName Parse(string name)
    {
        var slash = name.IndexOf('/');
        return slash < 0 ? new VoiceName(Kokoro, name) : new VoiceName(name[..slash], name[(slash + 1)..]);
    }

    public override string ToString() => $"{Engine}/{Voice}";
}
