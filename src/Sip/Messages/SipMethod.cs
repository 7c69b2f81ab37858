namespace OCPlatform.Sip;

/// <summary>Method names (RFC 3261 §7.1 and its extensions). Methods are case-sensitive tokens, so they stay strings.</summary>
public static class SipMethod
{
    public const string Invite = "INVITE";
    public const string Ack = "ACK";
    public const string Bye = "BYE";
    public const string Cancel = "CANCEL";
    public const string Options = "OPTIONS";
    public const string Register = "REGISTER";
    public const string Prack = "PRACK";
    public const string Update = "UPDATE";
    public const string Info = "INFO";
    public const string Refer = "REFER";
    public const string Notify = "NOTIFY";
    public const string Subscribe = "SUBSCRIBE";
    public const string Message = "MESSAGE";
    public const string Publish = "PUBLISH";

    /// <summary>The string for a method on the wire; a known method costs no allocation.</summary>
    internal static string FromBytes(ReadOnlySpan<byte> name) =>
        name.Length switch
        {
            3 when name.SequenceEqual("ACK"u8) => Ack,
            3 when name.SequenceEqual("BYE"u8) => Bye,
            4 when name.SequenceEqual("INFO"u8) => Info,
            5 when name.SequenceEqual("PRACK"u8) => Prack,
            5 when name.SequenceEqual("REFER"u8) => Refer,
            6 when name.SequenceEqual("INVITE"u8) => Invite,
            6 when name.SequenceEqual("CANCEL"u8) => Cancel,
            6 when name.SequenceEqual("UPDATE"u8) => Update,
            6 when name.SequenceEqual("NOTIFY"u8) => Notify,
            7 when name.SequenceEqual("OPTIONS"u8) => Options,
            7 when name.SequenceEqual("MESSAGE"u8) => Message,
            7 when name.SequenceEqual("PUBLISH"u8) => Publish,
            8 when name.SequenceEqual("REGISTER"u8) => Register,
            9 when name.SequenceEqual("SUBSCRIBE"u8) => Subscribe,
            _ => System.Text.Encoding.UTF8.GetString(name),
        };
}
