using System.Collections.Frozen;

namespace OCPlatform.Sip;

/// <summary>Status codes and their reason phrases (RFC 3261 §21 and extensions).</summary>
public static class SipStatus
{
    public const int Trying = 100;
    public const int Ringing = 180;
    public const int CallIsBeingForwarded = 181;
    public const int Queued = 182;
    public const int SessionProgress = 183;
    public const int Ok = 200;
    public const int Accepted = 202;
    public const int NoNotification = 204;
    public const int MultipleChoices = 300;
    public const int MovedPermanently = 301;
    public const int MovedTemporarily = 302;
    public const int UseProxy = 305;
    public const int BadRequest = 400;
    public const int Unauthorized = 401;
    public const int Forbidden = 403;
    public const int NotFound = 404;
    public const int MethodNotAllowed = 405;
    public const int NotAcceptable = 406;
    public const int ProxyAuthenticationRequired = 407;
    public const int RequestTimeout = 408;
    public const int Gone = 410;
    public const int RequestEntityTooLarge = 413;
    public const int RequestUriTooLong = 414;
    public const int UnsupportedMediaType = 415;
    public const int UnsupportedUriScheme = 416;
    public const int BadExtension = 420;
    public const int ExtensionRequired = 421;
    public const int SessionIntervalTooSmall = 422;
    public const int IntervalTooBrief = 423;
    public const int BadInfoPackage = 469;
    public const int TemporarilyUnavailable = 480;
    public const int CallDoesNotExist = 481;
    public const int LoopDetected = 482;
    public const int TooManyHops = 483;
    public const int AddressIncomplete = 484;
    public const int BusyHere = 486;
    public const int RequestTerminated = 487;
    public const int NotAcceptableHere = 488;
    public const int BadEvent = 489;
    public const int RequestPending = 491;
    public const int Undecipherable = 493;
    public const int ServerInternalError = 500;
    public const int NotImplemented = 501;
    public const int BadGateway = 502;
    public const int ServiceUnavailable = 503;
    public const int ServerTimeout = 504;
    public const int VersionNotSupported = 505;
    public const int MessageTooLarge = 513;
    public const int BusyEverywhere = 600;
    public const int Decline = 603;
    public const int DoesNotExistAnywhere = 604;
    public const int NotAcceptableAnywhere = 606;

    private static readonly FrozenDictionary<int, string> Reasons = new Dictionary<int, string>
    {
        [Trying] = "Trying",
        [Ringing] = "Ringing",
        [CallIsBeingForwarded] = "Call Is Being Forwarded",
        [Queued] = "Queued",
        [SessionProgress] = "Session Progress",
        [199] = "Early Dialog Terminated",
        [Ok] = "OK",
        [Accepted] = "Accepted",
        [NoNotification] = "No Notification",
        [MultipleChoices] = "Multiple Choices",
        [MovedPermanently] = "Moved Permanently",
        [MovedTemporarily] = "Moved Temporarily",
        [UseProxy] = "Use Proxy",
        [380] = "Alternative Service",
        [BadRequest] = "Bad Request",
        [Unauthorized] = "Unauthorized",
        [402] = "Payment Required",
        [Forbidden] = "Forbidden",
        [NotFound] = "Not Found",
        [MethodNotAllowed] = "Method Not Allowed",
        [NotAcceptable] = "Not Acceptable",
        [ProxyAuthenticationRequired] = "Proxy Authentication Required",
        [RequestTimeout] = "Request Timeout",
        [Gone] = "Gone",
        [412] = "Conditional Request Failed",
        [RequestEntityTooLarge] = "Request Entity Too Large",
        [RequestUriTooLong] = "Request-URI Too Long",
        [UnsupportedMediaType] = "Unsupported Media Type",
        [UnsupportedUriScheme] = "Unsupported URI Scheme",
        [BadExtension] = "Bad Extension",
        [ExtensionRequired] = "Extension Required",
        [SessionIntervalTooSmall] = "Session Interval Too Small",
        [IntervalTooBrief] = "Interval Too Brief",
        [429] = "Provide Referrer Identity",
        [BadInfoPackage] = "Bad Info Package",
        [TemporarilyUnavailable] = "Temporarily Unavailable",
        [CallDoesNotExist] = "Call/Transaction Does Not Exist",
        [LoopDetected] = "Loop Detected",
        [TooManyHops] = "Too Many Hops",
        [AddressIncomplete] = "Address Incomplete",
        [485] = "Ambiguous",
        [BusyHere] = "Busy Here",
        [RequestTerminated] = "Request Terminated",
        [NotAcceptableHere] = "Not Acceptable Here",
        [BadEvent] = "Bad Event",
        [RequestPending] = "Request Pending",
        [Undecipherable] = "Undecipherable",
        [494] = "Security Agreement Required",
        [ServerInternalError] = "Server Internal Error",
        [NotImplemented] = "Not Implemented",
        [BadGateway] = "Bad Gateway",
        [ServiceUnavailable] = "Service Unavailable",
        [ServerTimeout] = "Server Time-out",
        [VersionNotSupported] = "Version Not Supported",
        [MessageTooLarge] = "Message Too Large",
        [580] = "Precondition Failure",
        [BusyEverywhere] = "Busy Everywhere",
        [Decline] = "Decline",
        [DoesNotExistAnywhere] = "Does Not Exist Anywhere",
        [NotAcceptableAnywhere] = "Not Acceptable",
    }.ToFrozenDictionary();

    /// <summary>The reason phrase of a status, or that of its class when the code itself is unknown (RFC 3261 §8.1.3.2).</summary>
    public static string ReasonOf(int status) =>
        Reasons.TryGetValue(status, out var reason)
            ? reason
            : (status / 100) switch
            {
                1 => "Session Progress",
                2 => "OK",
                3 => "Multiple Choices",
                4 => "Bad Request",
                5 => "Server Internal Error",
                _ => "Decline",
            };
}
