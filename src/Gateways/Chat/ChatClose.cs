using System.Net.WebSockets;

namespace OCPlatform.Gateways.Chat;

/// <summary>Why a connection is closed: the WebSocket close code (RFC 6455 §7.4) and a reason for a person.</summary>
internal sealed record ChatClose(int Code, string Reason)
{
    public static readonly ChatClose Normal = new(1000, "the conversation has ended");
    public static readonly ChatClose GoingAway = new(1001, "the platform is stopping; connect again");
    public static readonly ChatClose BinaryMessage = new(1003, "messages must be text");
    public static readonly ChatClose TooBig = new(1009, "the message is too big");
    public static readonly ChatClose InternalError = new(1011, "something failed in the platform; connect again");
    public static readonly ChatClose Unavailable = new(1013, "the conversation does not answer; try again later");
    public static readonly ChatClose TooManyRefused = new(4000, "too many messages were refused");
    public static readonly ChatClose OpenTimeout = new(4001, "no open message came");
    public static readonly ChatClose VersionUnsupported = new(4002, "the protocol version is not spoken here");
    public static readonly ChatClose Idle = new(4008, "nothing was sent for too long");
    public static readonly ChatClose Superseded = new(4009, "the conversation was taken up on another connection");
    public static readonly ChatClose SlowClient = new(4013, "messages were not read fast enough");

    /// <summary>The answer to a client that closes.</summary>
    public static readonly ChatClose ByClient = new(1000, "");

    public WebSocketCloseStatus Status => (WebSocketCloseStatus)Code;
}
