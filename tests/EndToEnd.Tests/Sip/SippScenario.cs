using System.Globalization;
using System.Text;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>
/// A ladder of messages, written as SIPp's XML. One call, one dialog: it keeps count of CSeq and finds the branch of the request that an
/// ACK or CANCEL belongs to. What SIPp itself fills in stands in [brackets]; see its manual.
/// </summary>
internal sealed class SippScenario(string name)
{
    private readonly StringBuilder _steps = new();
    private readonly List<string> _variables = [];
    private readonly Dictionary<string, string> _transactions = [];
    private string _lastRequest = "";
    private int _step;
    private int _lastCSeq;
    private int _invite;
    private int _inviteCSeq;
    private string _inviteUri = "";
    private int _nextVariable = 1;

    /// <summary>User of From and Contact.</summary>
    public string User { get; init; } = "sipp";

    /// <summary>The address that a phone registers: From and To of REGISTER. Null for a caller.</summary>
    public string? AddressOfRecord { get; init; }

    /// <summary>The Via token; SIPp's own word unless something else carries its bytes on.</summary>
    public string ViaTransport { get; init; } = "[transport]";

    /// <summary>Parameters of Contact, such as <c>;transport=tcp</c>.</summary>
    public string ContactParameters { get; init; } = "";

    /// <summary>The scenario as SIPp reads it.</summary>
    public string ToXml()
    {
        var references = _variables.Count == 0 ? "" : $"  <Reference variables=\"{string.Join(',', _variables)}\" />\n";
        return $"""
            <?xml version="1.0" encoding="ISO-8859-1" ?>
            <!DOCTYPE scenario SYSTEM "sipp.dtd">
            <scenario name="{name}">
            {_steps}{references}</scenario>

            """;
    }

    // As the caller

    /// <summary>INVITE: opens the dialog, also a second time after a challenge; in the dialog it is a re-INVITE.</summary>
    /// <param name="sdp">Its body; null for none.</param>
    public SippScenario Invite(string? sdp, bool inDialog = false, params string[] headers)
    {
        _invite = _step;
        _inviteCSeq = _lastCSeq + 1;
        _inviteUri = inDialog ? "[next_url]" : InitialUri;
        return Request("INVITE", sdp, inDialog, headers);
    }

    /// <summary>A request in the dialog, or the one that opens it.</summary>
    /// <param name="cseqStep">How far CSeq is from the last one's.</param>
    public SippScenario Request(
        string method,
        string? body = null,
        bool inDialog = true,
        string[]? headers = null,
        string contentType = "application/sdp",
        int cseqStep = 1
    )
    {
        _lastCSeq += cseqStep;
        return Send(
            Head(method, inDialog ? "[next_url]" : InitialUri, "[branch]", _lastCSeq, inDialog, inDialog)
                + Lines(headers)
                + Body(body, contentType),
            retransmitted: true,
            StartsTransaction(method)
        );
    }

    /// <summary>ACK of a 2xx: a transaction of its own.</summary>
    public SippScenario Ack(string? sdp = null) =>
        Send(
            Head("ACK", "[next_url]", "[branch]", _inviteCSeq, inDialog: true, routes: true)
                + Body(sdp, "application/sdp"),
            retransmitted: false,
            AcknowledgesTransaction
        );

    /// <summary>ACK of a final response that is no 2xx: it belongs to the INVITE's transaction.</summary>
    public SippScenario AckRefusal() =>
        Send(
            Head("ACK", _inviteUri, InviteBranch, _inviteCSeq, inDialog: true, routes: false) + Body(null, ""),
            retransmitted: false,
            AcknowledgesTransaction
        );

    /// <summary>CANCEL of the last INVITE.</summary>
    public SippScenario Cancel(params string[] headers) =>
        Send(
            Head("CANCEL", _inviteUri, InviteBranch, _inviteCSeq, inDialog: false, routes: false)
                + Lines(headers)
                + Body(null, ""),
            retransmitted: true,
            StartsTransaction("CANCEL")
        );

    public SippScenario Bye() => Request("BYE");

    /// <summary>A response that must come, or, when optional, may come before the next that must.</summary>
    /// <param name="to">Method of the request that it answers, when that is not the last one.</param>
    /// <param name="routes">Take the route set from it.</param>
    /// <param name="matching">A pattern that the message must show.</param>
    /// <param name="lacking">A pattern that it must not show.</param>
    /// <param name="saving">Pairs of a header and the variable for the first match of a pattern in it.</param>
    public SippScenario Response(
        int status,
        string? to = null,
        bool optional = false,
        bool routes = false,
        bool challenge = false,
        string[]? matching = null,
        string[]? lacking = null,
        params (string Header, string Pattern, string Variable)[] saving
    ) =>
        Step(
            $"  <recv response=\"{status}\" response_txn=\"{_transactions[to ?? _lastRequest]}\"{Flag("optional", optional)}{Flag("rrs", routes)}{Flag("auth", challenge)}>\n"
                + Actions(matching, lacking, saving)
                + "  </recv>\n"
        );

    /// <summary>100 and 180, neither of which must come, and the 200 that opens the dialog.</summary>
    public SippScenario Answered(string[]? matching = null, string[]? lacking = null) =>
        Response(100, optional: true)
            .Response(180, optional: true)
            .Response(200, routes: true, matching: matching, lacking: lacking);

    /// <summary>A 180 or 183 that must be acknowledged by <see cref="Prack"/>.</summary>
    public SippScenario ReliableResponse(int status = 180) =>
        Response(status, routes: true, matching: ["Require:.*100rel"], saving: ("RSeq", "[0-9]+", "rseq"));

    /// <summary>Acknowledges the last <see cref="ReliableResponse"/>.</summary>
    public SippScenario Prack(string? sdp = null) =>
        Request("PRACK", sdp, headers: [$"RAck: [$rseq] {_inviteCSeq} INVITE"]);

    /// <summary>A whole call set-up: INVITE, 200, ACK.</summary>
    public SippScenario SetUp(params string[] headers) => Invite(SippSdp.Offer(), headers: headers).Answered().Ack();

    // As the callee

    /// <summary>A request that must come.</summary>
    public SippScenario Incoming(
        string method,
        bool optional = false,
        bool routes = false,
        int timeoutMs = 0,
        string[]? matching = null,
        string[]? lacking = null,
        params (string Header, string Pattern, string Variable)[] saving
    )
    {
        var timeout = timeoutMs > 0 ? $" timeout=\"{timeoutMs}\"" : "";
        return Step(
            $"  <recv request=\"{method}\"{Flag("optional", optional)}{Flag("rrs", routes)}{timeout}>\n"
                + Actions(matching, lacking, saving)
                + "  </recv>\n"
        );
    }

    /// <summary>Answers the request that came last.</summary>
    /// <param name="tag">The To tag of a response that opens a dialog; null when the request has one.</param>
    /// <param name="retransmitted">Until the ACK comes, for a final response to an INVITE.</param>
    public SippScenario Reply(
        string statusLine,
        string? tag = null,
        string? body = null,
        bool contact = false,
        bool retransmitted = false,
        params string[] headers
    )
    {
        var to = tag is null ? "[last_To:]" : $"[last_To:];tag=[pid]{tag}[call_number]";
        var own = contact ? $"Contact: {Contact}\n" : "";
        return Send(
            $"SIP/2.0 {statusLine}\n[last_Via:]\n[last_Record-Route:]\n[last_From:]\n{to}\n[last_Call-ID:]\n[last_CSeq:]\n{own}"
                + Lines(headers)
                + Body(body, "application/sdp"),
            retransmitted
        );
    }

    /// <summary>The NOTIFY that tells how a REFER ended (RFC 3515 §2.4.5).</summary>
    public SippScenario FinalNotify(string status) =>
        Incoming("NOTIFY", matching: [status, "Subscription-State: *terminated"], timeoutMs: 15_000).Reply("200 OK");

    // Both

    public SippScenario Pause(int milliseconds) => Step($"  <pause milliseconds=\"{milliseconds}\" />\n");

    /// <summary>Lets SIPp do something of its own, such as <c>&lt;log message="…"/&gt;</c>.</summary>
    public SippScenario Action(string action) => Step($"  <nop><action>{action}</action></nop>\n");

    /// <summary>Sends a message that is written out.</summary>
    public SippScenario Send(string message, bool retransmitted, string attributes = "")
    {
        var retransmission = retransmitted ? " retrans=\"500\"" : "";
        return Step($"  <send{retransmission}{attributes}>\n    <![CDATA[\n{message}\n    ]]>\n  </send>\n");
    }

    private string AcknowledgesTransaction => $" ack_txn=\"{_transactions["INVITE"]}\"";

    // SIPp then tells by the branch which request a response belongs to.
    private string StartsTransaction(string method)
    {
        _lastRequest = method;
        _transactions[method] = $"t{_step}";
        return $" start_txn=\"t{_step}\"";
    }

    private string InitialUri =>
        AddressOfRecord is null ? "sip:[service]@[remote_ip]:[remote_port]" : "sip:[remote_ip]:[remote_port]";

    private string From => AddressOfRecord ?? $"sip:{User}@[local_ip]:[local_port]";

    private string To => AddressOfRecord ?? InitialUri;

    private string InviteBranch => $"[branch-{_step - _invite}]";

    private string Contact => $"<sip:{User}@[local_ip]:[local_port]{ContactParameters}>";

    private SippScenario Step(string xml)
    {
        _steps.Append(xml);
        _step++;
        return this;
    }

    private string Head(string method, string uri, string branch, int cseq, bool inDialog, bool routes)
    {
        var tag = inDialog ? "[peer_tag_param]" : "";
        var contact = method is "ACK" or "BYE" or "CANCEL" or "PRACK" or "INFO" ? "" : $"Contact: {Contact}\n";
        return $"{method} {uri} SIP/2.0\n"
            + $"Via: SIP/2.0/{ViaTransport} [local_ip]:[local_port];branch={branch}\n"
            + (routes ? "[routes]\n" : "")
            + $"From: <{From}>;tag=[pid]T[call_number]\n"
            + $"To: <{To}>{tag}\n"
            + "Call-ID: [call_id]\n"
            + string.Create(CultureInfo.InvariantCulture, $"CSeq: {cseq} {method}\n")
            + contact
            + "Max-Forwards: 70\n";
    }

    private static string Lines(string[]? headers) => string.Concat((headers ?? []).Select(header => header + "\n"));

    private static string Body(string? body, string contentType) =>
        body is null
            ? "Content-Length: 0\n"
            : $"Content-Type: {contentType}\nContent-Length: [len]\n\n{body.TrimEnd()}";

    private string Actions(
        string[]? matching,
        string[]? lacking,
        (string Header, string Pattern, string Variable)[] saving
    )
    {
        var actions = new StringBuilder();
        foreach (var pattern in matching ?? [])
        {
            actions.Append(Check(pattern, "check_it"));
        }
        foreach (var pattern in lacking ?? [])
        {
            actions.Append(Check(pattern, "check_it_inverse"));
        }
        foreach (var (header, pattern, variable) in saving)
        {
            actions.Append(
                $"      <ereg regexp=\"{Escaped(pattern)}\" search_in=\"hdr\" header=\"{header}:\" check_it=\"true\" assign_to=\"{variable}\" />\n"
            );
        }
        return actions.Length == 0 ? "" : $"    <action>\n{actions}    </action>\n";
    }

    private string Check(string pattern, string check)
    {
        // SIPp refuses a scenario that sets a variable and never reads it: the list of references counts as reading.
        var variable = $"check{_nextVariable++}";
        _variables.Add(variable);
        return $"      <ereg regexp=\"{Escaped(pattern)}\" search_in=\"msg\" {check}=\"true\" assign_to=\"{variable}\" />\n";
    }

    private static string Flag(string name, bool value) => value ? $" {name}=\"true\"" : "";

    private static string Escaped(string pattern) =>
        pattern.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;");
}

/// <summary>Session descriptions of SIPp's side.</summary>
internal static class SippSdp
{
    /// <summary>One stream of PCMU or whichever payload types are named.</summary>
    /// <param name="version">Counts up with every change within a session (RFC 3264 §8).</param>
    /// <param name="address">0.0.0.0 is the hold of RFC 2543.</param>
    public static string Offer(
        string direction = "sendrecv",
        int version = 1,
        string address = "[media_ip]",
        string formats = "0 101"
    ) =>
        $"""
            v=0
            o=- 1 {version} IN IP4 [media_ip]
            s=-
            c=IN IP4 {address}
            t=0 0
            m=audio [media_port] RTP/AVP {formats}
            a=rtpmap:101 telephone-event/8000
            a={direction}
            """.Replace(formats.Contains("101") ? "\r" : "a=rtpmap:101 telephone-event/8000\n", "");
}
