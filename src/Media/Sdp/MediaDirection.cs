namespace OCPlatform.Media.Sdp;

/// <summary>Which way media flows (RFC 4566 §6), always seen from the side that holds the value.</summary>
[Flags]
public enum MediaDirection
{
    Inactive = 0,
    SendOnly = 1,
    RecvOnly = 2,
    SendRecv = SendOnly | RecvOnly,
}

public static class MediaDirections
{
    /// <summary>The same flow seen from the other side (RFC 3264 §6.1).</summary>
    public static MediaDirection Reverse(this MediaDirection direction) =>
        direction switch
        {
            MediaDirection.SendOnly => MediaDirection.RecvOnly,
            MediaDirection.RecvOnly => MediaDirection.SendOnly,
            _ => direction,
        };

    public static bool CanSend(this MediaDirection direction) => (direction & MediaDirection.SendOnly) != 0;

    public static bool CanReceive(this MediaDirection direction) => (direction & MediaDirection.RecvOnly) != 0;

    internal static string AttributeName(this MediaDirection direction) =>
        direction switch
        {
            MediaDirection.SendOnly => "sendonly",
            MediaDirection.RecvOnly => "recvonly",
            MediaDirection.Inactive => "inactive",
            _ => "sendrecv",
        };

    internal static MediaDirection? FromAttributeName(string name) =>
        name switch
        {
            "sendrecv" => MediaDirection.SendRecv,
            "sendonly" => MediaDirection.SendOnly,
            "recvonly" => MediaDirection.RecvOnly,
            "inactive" => MediaDirection.Inactive,
            _ => null,
        };
}
