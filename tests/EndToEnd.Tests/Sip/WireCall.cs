using System.Security.Cryptography;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>One call of a <see cref="WireSip"/>: writes its requests and remembers what makes up the dialog.</summary>
internal sealed class WireCall(WireSip wire, string service, string user = "wire")
{
    private readonly string _fromTag = Token();
    private string _branch = "";
    private int _cseq;
    private int _inviteCSeq;
    private string _inviteBranch = "";

    public string CallId { get; } = $"{Token()}@wire.invalid";

    /// <summary>Our tag.</summary>
    public string FromTag => _fromTag;

    /// <summary>The platform's tag, once the answer told it.</summary>
    public string ToTag { get; private set; } = "";

    /// <summary>The platform's Contact, once the answer told it.</summary>
    public string Target { get; private set; } = $"sip:{service}@{wire.Transport.ToLowerInvariant()}.invalid";

    /// <summary>Host and port of our Contact.</summary>
    public string Contact { get; set; } = wire.Local;

    /// <summary>User of From, To and Contact in calls that are made known.</summary>
    public string User => user;

    /// <summary>A session description with a port that nobody listens on.</summary>
    public static string Sdp => SdpOf("sendrecv", 1);

    /// <param name="version">Counts up with every change within a session (RFC 3264 §8).</param>
    public static string SdpOf(string direction, int version, int port = 9) =>
        $"v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\na={direction}\r\n";

    /// <summary>INVITE, outside the dialog until it is answered.</summary>
    public string Invite(string? sdp = null, params string[] headers)
    {
        var invite = Request("INVITE", sdp ?? Sdp, "application/sdp", headers);
        (_inviteCSeq, _inviteBranch) = (_cseq, _branch);
        return invite;
    }

    public string Request(string method, string body = "", string contentType = "", params string[] headers)
    {
        _cseq++;
        _branch = $"z9hG4bK{Token()}";
        return Write(method, _cseq, _branch, ToTag, body, contentType, headers);
    }

    /// <summary>ACK of the 2xx, in a transaction of its own.</summary>
    public string Ack() => Write("ACK", _inviteCSeq, $"z9hG4bK{Token()}", ToTag, "", "", []);

    /// <summary>ACK of a refusal, in the INVITE's transaction.</summary>
    public string AckOf(WireMessage refusal) =>
        Write("ACK", _inviteCSeq, _inviteBranch, refusal.Parameter("To", "tag"), "", "", []);

    public string Cancel() => Write("CANCEL", _inviteCSeq, _inviteBranch, "", "", "", []);

    /// <summary>Takes tag and target from the answer.</summary>
    public void Answered(WireMessage answer)
    {
        ToTag = answer.Parameter("To", "tag");
        Target = answer.Uri("Contact");
    }

    /// <summary>Calls and waits for the answer.</summary>
    public async Task<WireMessage> SetUpAsync(params string[] headers)
    {
        await wire.SendAsync(Invite(headers: headers));
        var answer = await wire.FinalAsync("INVITE");
        answer.Status.Should().Be(200, answer.ToString());
        Answered(answer);
        await wire.SendAsync(Ack());
        return answer;
    }

    public async Task HangUpAsync()
    {
        await wire.SendAsync(Request("BYE"));
        (await wire.FinalAsync("BYE")).Status.Should().Be(200);
    }

    /// <summary>Tells how a REFER goes on (RFC 3515 §2.4.4), which the platform must take.</summary>
    public async Task NotifyAsync(string statusLine, string state)
    {
        await wire.SendAsync(
            Request(
                "NOTIFY",
                statusLine + "\r\n",
                "message/sipfrag;version=2.0",
                "Event: refer",
                $"Subscription-State: {state}"
            )
        );
        (await wire.FinalAsync("NOTIFY")).Status.Should().Be(200);
    }

    /// <summary>A response to a request of the platform.</summary>
    public static string Reply(WireMessage request, string statusLine, string toTag = "", params string[] headers)
    {
        var to = toTag.Length == 0 ? request["To"] : $"{request["To"]};tag={toTag}";
        return Joined([
            $"SIP/2.0 {statusLine}",
            .. request.All("Via").Select(via => $"Via: {via}"),
            .. request.All("Record-Route").Select(route => $"Record-Route: {route}"),
            $"From: {request["From"]}",
            $"To: {to}",
            $"Call-ID: {request["Call-ID"]}",
            $"CSeq: {request["CSeq"]}",
            .. headers,
            "Content-Length: 0",
        ]);
    }

    private string Write(
        string method,
        int cseq,
        string branch,
        string toTag,
        string body,
        string contentType,
        string[] headers
    ) =>
        Joined([
            $"{method} {Target} SIP/2.0",
            $"Via: SIP/2.0/{wire.Transport} {wire.Local};branch={branch};rport",
            "Max-Forwards: 70",
            $"From: <sip:{user}@wire.invalid>;tag={_fromTag}",
            $"To: <sip:{service}@127.0.0.1>" + (toTag.Length == 0 ? "" : $";tag={toTag}"),
            $"Call-ID: {CallId}",
            $"CSeq: {cseq} {method}",
            $"Contact: <sip:{user}@{Contact};transport={wire.Transport.ToLowerInvariant()}>",
            .. headers,
            .. body.Length == 0 ? (string[])[] : [$"Content-Type: {contentType}"],
            $"Content-Length: {body.Length}",
        ]) + body;

    private static string Joined(IEnumerable<string> lines) => string.Join("\r\n", lines) + "\r\n\r\n";

    private static string Token() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
