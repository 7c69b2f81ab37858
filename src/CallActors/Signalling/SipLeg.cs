using System.Net;
using System.Text;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.CallActors.Signalling;

/// <summary>
/// The call's side of its SIP dialog as the one that was called (RFC 3261 §13.3): makes the responses and requests and
/// keeps count of what is open. Sans-IO: the actor sends what it makes.
/// </summary>
public sealed class SipLeg
{
    private static readonly string Allow = string.Join(
        ", ",
        SipMethod.Invite,
        SipMethod.Ack,
        SipMethod.Bye,
        SipMethod.Cancel,
        SipMethod.Options
    );

    private static readonly SipTimers Timers = new();

    private readonly SipPath _path;
    private SipRequest? _invite;
    private string? _inviteTransaction;
    private string? _acceptedTransaction;
    private AckWait? _ackWait;
    private byte[]? _answer;

    private SipLeg(SipDialog dialog, SipPath path)
    {
        Dialog = dialog;
        _path = path;
    }

    public SipDialog Dialog { get; }

    /// <summary>SIP transport and address ("ip:port") that requests of ours go to.</summary>
    public (string Transport, string Remote) Destination { get; private set; }

    /// <summary>The server transaction of the INVITE that has no final response yet; null when there is none.</summary>
    public string? OpenInvite => _inviteTransaction;

    /// <summary>A 2xx of ours waits for its ACK.</summary>
    public bool AckIsDue => _ackWait is { IsDone: false };

    /// <summary>When <see cref="OnDeadline"/> is needed; MaxValue when never.</summary>
    public TimeSpan Deadline => _ackWait?.Deadline ?? TimeSpan.MaxValue;

    /// <summary>The leg that an INVITE opens; null when it has no usable Contact (400).</summary>
    public static SipLeg? Open(SipRequest invite, string transaction, SipPath path, CallId call)
    {
        var contact = SipUri.Create(call.Value, IPEndPoint.Parse(path.Local));
        if (SipDialog.CreateUas(invite, call.Value, contact) is not { } dialog)
        {
            return null;
        }
        var leg = new SipLeg(dialog, path) { _invite = invite, _inviteTransaction = transaction };
        leg.ChooseDestination();
        return leg;
    }

    /// <summary>The leg as the journal tells it, after its process went away.</summary>
    public static SipLeg Restore(SipLegState state)
    {
        var leg = new SipLeg(new SipDialog(state.Dialog), state.Path);
        leg.ChooseDestination();
        return leg;
    }

    public SipLegState State => new(Dialog.State, _path);

    /// <summary>A response to the open INVITE that leaves it open: 180, 183.</summary>
    public SipResponse Provisional(int status)
    {
        var response = Response(_invite!, status);
        AddContact(response);
        return response;
    }

    /// <summary>The 2xx that accepts the open INVITE; it is repeated until its ACK comes (§13.3.1.4).</summary>
    public SipResponse Accept(string sdp, TimeSpan now)
    {
        var response = Response(_invite!, SipStatus.Ok);
        AddContact(response);
        response.Headers.Add(SipHeaderId.Allow, Allow);
        response.SetBody(Encoding.UTF8.GetBytes(sdp), "application/sdp");
        Dialog.Confirm();
        Dialog.RefreshTarget(_invite!);
        ChooseDestination();
        _answer = response.ToBytes();
        _ackWait = new AckWait(Timers, now, _invite!.CSeq.Number);
        _acceptedTransaction = _inviteTransaction;
        _inviteTransaction = null;
        return response;
    }

    /// <summary>The final response that refuses the open INVITE.</summary>
    public SipResponse Refuse(int status, string? cause = null)
    {
        _inviteTransaction = null;
        return Refusal(_invite!, status, cause);
    }

    /// <summary>A refusal of any request, with its cause in Warning.</summary>
    public SipResponse Refusal(SipRequest request, int status, string? cause = null)
    {
        var response = Response(request, status);
        if (status == SipStatus.MethodNotAllowed)
        {
            response.Headers.Add(SipHeaderId.Allow, Allow);
        }
        if (cause is not null)
        {
            response.Headers.Add(SipHeaderId.Warning, $"399 OCPlatform \"{cause.Replace('"', '\'')}\"");
        }
        return response;
    }

    /// <summary>A 200 without a body.</summary>
    public SipResponse Ok(SipRequest request)
    {
        var response = Response(request, SipStatus.Ok);
        response.Headers.Add(SipHeaderId.Allow, Allow);
        return response;
    }

    /// <summary>A re-INVITE that passed the dialog's checks becomes the open INVITE.</summary>
    public void Reopen(SipRequest invite, string transaction)
    {
        _invite = invite;
        _inviteTransaction = transaction;
    }

    /// <summary>True when this ACK is the one that is due.</summary>
    public bool OnAck(SipRequest ack) => _ackWait?.OnAck(ack) == true;

    /// <summary>Does what is due of the wait for ACK. The 2xx goes out again through its transaction (RFC 6026 §7.1).</summary>
    public AckWaitAction OnDeadline(TimeSpan now) => _ackWait?.OnDeadline(now) ?? AckWaitAction.None;

    /// <summary>The 2xx that waits for its ACK, and its transaction.</summary>
    public (string Transaction, byte[] Message) AcceptedAnswer => (_acceptedTransaction!, _answer!);

    /// <summary>BYE, with the cause in Reason (RFC 3326).</summary>
    public SipRequest Bye(string? cause = null)
    {
        var bye = Dialog.CreateRequest(SipMethod.Bye);
        // Only the gateway that sends it knows the Via; without any it would be no message on the way there.
        bye.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP gateway.invalid;branch=z9hG4bKgateway");
        if (cause is not null)
        {
            bye.Headers.Add("Reason", $"SIP;cause=200;text=\"{cause.Replace('"', '\'')}\"");
        }
        return bye;
    }

    private SipResponse Response(SipRequest request, int status)
    {
        var response = SipResponse.Create(request, status, toTag: Dialog.State.LocalTag);
        response.Headers.Add("Server", "OCPlatform");
        return response;
    }

    private void AddContact(SipResponse response)
    {
        if (Dialog.State.LocalTarget is { } contact)
        {
            response.Headers.Add(SipHeaderId.Contact, $"<{contact}>");
        }
    }

    // The route or Contact when it is an address that can be meant; else the way the INVITE came. A phone behind a NAT
    // writes its private address into Contact, and only the source address leads to it.
    private void ChooseDestination()
    {
        var source = IPEndPoint.Parse(_path.Remote);
        var target = SipDestination.FromUri(Dialog.NextHop);
        var behindNat =
            target is not null
            && Dialog.State.RouteSet.Count == 0
            && !target.EndPoint.Address.Equals(source.Address)
            && IsPrivate(target.EndPoint.Address);
        Destination =
            target is null || behindNat || target.Transport != _path.Transport
                ? (_path.Transport, _path.Remote)
                : (target.Transport, target.EndPoint.ToString());
    }

    private static bool IsPrivate(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return bytes.Length == 4
            && (
                bytes[0] == 10
                || bytes[0] == 172 && bytes[1] is >= 16 and < 32
                || bytes[0] == 192 && bytes[1] == 168
                || bytes[0] == 100 && bytes[1] is >= 64 and < 128
            );
    }
}

/// <summary>What the journal keeps of a leg.</summary>
public sealed record SipLegState(SipDialogState Dialog, SipPath Path);
