namespace OCPlatform.Sip;

/// <summary>
/// Where one header line lies: within the received bytes, or within the message's own side bytes, when code set it or it was folded.
/// <code>
///  Start                 Start + ValueOffset
///  |                     |
///  Subject      :        I know you're there
///  +- NameLength-+       +-- ValueLength ---+
/// </code>
/// Twelve bytes: a typical INVITE has sixteen of them.
/// </summary>
internal struct HeaderField
{
    public int Start;

    /// <summary>0 for a known header that code set: its name is known by <see cref="Id"/>.</summary>
    public ushort NameLength;
    public ushort ValueOffset;
    public ushort ValueLength;
    public SipHeaderId Id;

    /// <summary>In the side bytes instead of the received ones.</summary>
    public bool IsSide;
}
