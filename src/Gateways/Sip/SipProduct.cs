using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>How the platform names itself and what it takes, in SIP headers.</summary>
internal static class SipProduct
{
    public const string Name = "OCPlatform";

    /// <summary>Extensions that may be required of us.</summary>
    public static readonly string[] Extensions = ["100rel", "timer", "replaces", "norefersub", "outbound", "path"];

    public static readonly string Supported = string.Join(", ", Extensions);

    public static readonly string Allow = string.Join(
        ", ",
        SipMethod.Invite,
        SipMethod.Ack,
        SipMethod.Bye,
        SipMethod.Cancel,
        SipMethod.Options,
        SipMethod.Register,
        SipMethod.Message,
        SipMethod.Subscribe
    );
}
