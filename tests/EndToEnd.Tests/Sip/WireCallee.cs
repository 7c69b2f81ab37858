using System.Security.Cryptography;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>The called side of an INVITE of the platform: one dialog, early or not, by a tag of its own.</summary>
internal sealed class WireCallee
{
    private readonly WireSip _wire;
    private readonly string _tag = RandomNumberGenerator.GetHexString(12, lowercase: true);
    private int _cseq;

    public WireCallee(WireSip wire, WireMessage invite)
    {
        _wire = wire;
        Invite = invite;
        Contact = $"<sip:callee@{wire.Local};transport={wire.Transport.ToLowerInvariant()}>";
    }

    /// <summary>The INVITE that opened the dialog.</summary>
    public WireMessage Invite { get; }

    /// <summary>Our tag.</summary>
    public string Tag => _tag;

    /// <summary>What we name as Contact.</summary>
    public string Contact { get; set; }

    /// <summary>Waits for an INVITE of the platform and begins a dialog with it.</summary>
    public static async Task<WireCallee> InvitedAsync(WireSip wire, TimeSpan? within = null) =>
        new(wire, await wire.RequestAsync("INVITE", within));

    /// <summary>Answers the opening INVITE, or with another request given, that one.</summary>
    public Task ReplyAsync(string statusLine, string body = "", WireMessage? to = null, params string[] headers)
    {
        var request = to ?? Invite;
        var opens = !request["To"].Contains(";tag=", StringComparison.Ordinal);
        var reply = WireCall.Reply(
            request,
            statusLine,
            opens ? _tag : "",
            [$"Contact: {Contact}", .. headers, .. body.Length == 0 ? (string[])[] : ["Content-Type: application/sdp"]]
        );
        return _wire.SendAsync(
            body.Length == 0 ? reply : reply.Replace("Content-Length: 0", $"Content-Length: {body.Length}") + body
        );
    }

    /// <summary>Answers 200 with a session description and waits for the ACK.</summary>
    public async Task<WireMessage> AnswerAsync(string? sdp = null)
    {
        await ReplyAsync("200 OK", sdp ?? WireCall.Sdp);
        return await AckAsync();
    }

    /// <summary>The ACK of this dialog.</summary>
    public Task<WireMessage> AckAsync() =>
        _wire.ReceiveAsync(m => m.Status == 0 && m.Method == "ACK" && IsHere(m), $"the ACK to {_tag}");

    /// <summary>A request of the platform in this dialog.</summary>
    public Task<WireMessage> RequestAsync(string method, TimeSpan? within = null) =>
        _wire.ReceiveAsync(m => m.Status == 0 && m.Method == method && IsHere(m), $"{method} to {_tag}", within);

    /// <summary>Takes a request of the platform in this dialog and answers it.</summary>
    public async Task<WireMessage> TakeAsync(string method, string statusLine = "200 OK", string body = "")
    {
        var request = await RequestAsync(method);
        await ReplyAsync(statusLine, body, request);
        return request;
    }

    /// <summary>Sends a request in this dialog.</summary>
    /// <returns>Its text, to be sent again or acknowledged.</returns>
    public async Task<string> SendAsync(string method, string body = "", string contentType = "", int? cseq = null)
    {
        _cseq = cseq ?? _cseq + 1;
        var request =
            string.Join(
                "\r\n",
                [
                    $"{method} {Invite.Uri("Contact")} SIP/2.0",
                    $"Via: SIP/2.0/{_wire.Transport} {_wire.Local};branch=z9hG4bK{RandomNumberGenerator.GetHexString(12)};rport",
                    "Max-Forwards: 70",
                    $"From: {Invite["To"]};tag={_tag}",
                    $"To: {Invite["From"]}",
                    $"Call-ID: {Invite["Call-ID"]}",
                    $"CSeq: {_cseq} {method}",
                    $"Contact: {Contact}",
                    .. body.Length == 0 ? (string[])[] : [$"Content-Type: {contentType}"],
                    $"Content-Length: {body.Length}",
                ]
            )
            + "\r\n\r\n"
            + body;
        await _wire.SendAsync(request);
        return request;
    }

    /// <summary>Acknowledges the refusal of an INVITE that was sent in this dialog: in its transaction.</summary>
    public Task AcknowledgeRefusalAsync(string invite)
    {
        var head = invite[..invite.IndexOf("Content-Type", StringComparison.Ordinal)];
        return _wire.SendAsync(head.Replace("INVITE", "ACK") + "Content-Length: 0\r\n\r\n");
    }

    /// <summary>Hangs up.</summary>
    public async Task HangUpAsync()
    {
        await SendAsync("BYE");
        (await _wire.FinalAsync("BYE")).Status.Should().Be(200);
    }

    private bool IsHere(WireMessage request) =>
        request["Call-ID"] == Invite["Call-ID"] && request.Parameter("To", "tag") == _tag;
}
