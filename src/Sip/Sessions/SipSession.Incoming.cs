using OCPlatform.Sip.Dialogs;

namespace OCPlatform.Sip.Sessions;

/// <summary>The callee's side until the call is answered (RFC 3261 §13.3).</summary>
public sealed partial class SipSession
{
    /// <summary>Proxies forget an INVITE after three minutes without a word; one each minute keeps it (RFC 3261 §13.3.1.1).</summary>
    private static readonly TimeSpan RingAgainAfter = TimeSpan.FromMinutes(1);

    private SipRequest? _invite;
    private string? _inviteTransaction;
    private TimeSpan _inviteDeadline = TimeSpan.MaxValue;
    private TimeSpan _ringAgainAt = TimeSpan.MaxValue;
    private int _ringStatus = SipStatus.Ringing;
    private ReadOnlyMemory<byte>? _queuedAnswer;

    /// <summary>The INVITE that opened the dialog, as received or as it left last; null once answered and restored.</summary>
    public SipRequest? Invite => _invite;

    /// <summary>The dialog that an incoming INVITE asks to take the place of (RFC 3891); the shell looks for it.</summary>
    public SipReplaces? Replaces { get; private set; }

    /// <summary>
    /// The session that an INVITE opens. Null when it cannot be: <paramref name="refusal"/> is then the final response to it. Else the offer,
    /// or the wish for one, is the first event.
    /// </summary>
    /// <param name="invite">Without To tag.</param>
    /// <param name="transaction">Its server transaction.</param>
    /// <param name="localTag">The To tag of our responses.</param>
    /// <param name="contact">Our Contact.</param>
    /// <param name="options">Settings.</param>
    /// <param name="now">The time.</param>
    /// <param name="refusal">Null when there is a session.</param>
    public static SipSession? Incoming(
        SipRequest invite,
        string transaction,
        string localTag,
        SipUri contact,
        SipSessionOptions options,
        TimeSpan now,
        out SipResponse? refusal
    )
    {
        invite.Retain();
        Unwrap(invite);
        var session = new SipSession(options, SipDialogRole.Uas, localTag)
        {
            _invite = invite,
            _inviteTransaction = transaction,
        };
        refusal = session.RefusalOfInvite();
        if (refusal is not null)
        {
            return null;
        }
        session.Open(SipDialog.CreateUas(invite, localTag, contact)!, now);
        return session;
    }

    /// <summary>
    /// A provisional response, 101–199. A body is the answer to the peer's offer as early media, or, sent reliably, our offer when the
    /// INVITE had none; it is left out where neither may stand.
    /// </summary>
    public SipSessionResult Ring(int status, ReadOnlyMemory<byte> body, TimeSpan now)
    {
        if (status is <= SipStatus.Trying or >= 200)
        {
            return SipSessionResult.Invalid;
        }
        if (_inviteTransaction is null || _queuedAnswer is not null)
        {
            return SipSessionResult.NotInThisState;
        }
        _ringStatus = status;
        if (_reliable.Waiting is null)
        {
            SendProvisional(status, body, now);
            return SipSessionResult.Done;
        }
        return _reliable.TryQueue(status, body) ? SipSessionResult.Done : SipSessionResult.Pending;
    }

    /// <summary>
    /// 200 with the answer, or with the offer when the INVITE had none; empty when a reliable provisional response brought it already. Held
    /// back until the PRACK that RFC 3262 §3 asks for is there.
    /// </summary>
    public SipSessionResult Answer(ReadOnlyMemory<byte> body, TimeSpan now)
    {
        if (_inviteTransaction is null || _queuedAnswer is not null)
        {
            return SipSessionResult.NotInThisState;
        }
        var isOpen = _dialog!.Exchange.State is SipOfferState.None or SipOfferState.RemoteOffer && !OfferWaits;
        if (body.IsEmpty && isOpen && !_reliable.HoldsAnswer)
        {
            return SipSessionResult.Invalid;
        }
        _queuedAnswer = body;
        SendQueuedAnswer(now);
        return SipSessionResult.Done;
    }

    /// <summary>A final response from 300 to 699, with a Warning that names the cause; 3xx with Contact among the headers.</summary>
    public SipSessionResult Reject(int status, string? cause, IReadOnlyList<SipHeader>? headers, TimeSpan now)
    {
        if (status is < 300 or > 699)
        {
            return SipSessionResult.Invalid;
        }
        if (_inviteTransaction is null)
        {
            return SipSessionResult.NotInThisState;
        }
        RefuseInvite(status, cause, headers);
        EndWith(now, SipEndedBy.Us, SipEndCause.Rejected, status, cause ?? SipStatus.ReasonOf(status));
        Settle(now);
        return SipSessionResult.Done;
    }

    /// <summary>The INVITE of this transaction was cancelled; the CANCEL itself has been answered.</summary>
    public void OnCancel(string transaction, TimeSpan now, SipRequest? cancel = null)
    {
        if (transaction == _inviteTransaction)
        {
            RefuseInvite(SipStatus.RequestTerminated, null, null);
            EndWith(
                now,
                SipEndedBy.Peer,
                SipEndCause.Cancelled,
                SipStatus.RequestTerminated,
                "CANCEL",
                cancel is null ? [] : SipReason.Of(cancel)
            );
        }
        else if (TakeUnanswered(r => r.Key == transaction && r.Purpose == RequestPurpose.Reinvite) is { } reinvite)
        {
            // The session stays as it was (RFC 3261 §14.2).
            Respond(transaction, ResponseTo(reinvite.Request, SipStatus.RequestTerminated));
            reinvite.Dialog.Exchange.DropPeers();
            Push(new SipSessionEvent.OfferWithdrawn());
        }
        Settle(now);
    }

    private SipResponse? RefusalOfInvite()
    {
        var invite = _invite!;
        if (invite.Contact is null)
        {
            return Refusal(invite, SipStatus.BadRequest, "an INVITE needs a Contact");
        }
        if (RefusalOfExtensions(invite) is { } extensions)
        {
            return extensions;
        }
        if (
            _options.ReliableProvisionals == SipReliableProvisionals.Required
            && !Names(invite, SipHeaderId.Supported, "100rel")
            && !Names(invite, SipHeaderId.Require, "100rel")
        )
        {
            var response = Refusal(invite, SipStatus.ExtensionRequired, "reliable provisional responses are required");
            response.Headers.Add(SipHeaderId.Require, "100rel");
            return response;
        }
        if (RefusalOfInterval(invite) is { } interval)
        {
            return interval;
        }
        if (DescriptionOf(invite) == BodyKind.Unacceptable)
        {
            return RefusalOfBody(invite);
        }
        var replaces = invite.Headers.Lines(SipHeaderId.Replaces);
        if (replaces.Count == 0)
        {
            return null;
        }
        if (replaces.Count > 1 || !SipReplaces.TryParse(replaces[0], out var dialog))
        {
            return Refusal(invite, SipStatus.BadRequest, "Replaces is malformed");
        }
        Replaces = dialog;
        return null;
    }

    private void Open(SipDialog dialog, TimeSpan now)
    {
        _dialog = new SessionDialog(dialog, _inviteExchange);
        Learn(_invite!);
        _inviteDeadline = now + AnswerLimit(_invite!);
        if (DescriptionOf(_invite!) == BodyKind.Description)
        {
            _inviteExchange.OfferReceived();
            Push(new SipSessionEvent.OfferReceived(_invite!.Body, SipOfferCarrier.Invite, Early: true));
        }
        else
        {
            Push(new SipSessionEvent.OfferWanted(SipOfferCarrier.Invite, Early: true));
        }
    }

    /// <summary>Expires, when the caller set it (RFC 3261 §13.3.1), else a little less than the server transaction stays.</summary>
    private TimeSpan AnswerLimit(SipRequest invite)
    {
        var limit = _options.Timers.InviteUnanswered - _options.Timers.T1;
        return
            invite.Expires is > 0 and var seconds
            && TimeSpan.FromSeconds((double)seconds) is var expires
            && expires < limit
            ? expires
            : limit;
    }

    private void SendProvisional(int status, ReadOnlyMemory<byte> body, TimeSpan now)
    {
        var invite = _invite!;
        var exchange = _dialog!.Exchange;
        var reliable =
            Names(invite, SipHeaderId.Require, "100rel")
            || _options.ReliableProvisionals == SipReliableProvisionals.Required
            || (
                _options.ReliableProvisionals == SipReliableProvisionals.Supported
                && !body.IsEmpty
                && Names(invite, SipHeaderId.Supported, "100rel")
            );
        var answers = exchange.State == SipOfferState.RemoteOffer && !OfferWaits;
        var offers = exchange.State == SipOfferState.None && reliable;
        var response = DialogResponse(invite, status);
        if (!body.IsEmpty && (answers || offers))
        {
            response.SetBody(body, _options.BodyTypes[0]);
        }
        if (reliable)
        {
            _reliable.Number(response, now);
            if (response.Body.IsEmpty)
            {
                // Nothing was negotiated.
            }
            else if (answers)
            {
                exchange.AnswerSent(body);
            }
            else
            {
                exchange.OfferSent(body);
            }
        }
        Respond(_inviteTransaction!, response);
        _ringAgainAt = now + RingAgainAfter;
    }

    /// <summary>Sends the 2xx that <see cref="Answer"/> wants, unless a PRACK or an open offer must come first.</summary>
    private void SendQueuedAnswer(TimeSpan now)
    {
        if (
            _queuedAnswer is not { } body
            || _reliable.HoldsAnswer
            || OfferWaits
            || _dialog!.Exchange.State == SipOfferState.LocalOffer
        )
        {
            return;
        }
        var (transaction, invite, exchange) = (_inviteTransaction!, _invite!, _dialog.Exchange);
        var response = DialogResponse(invite, SipStatus.Ok);
        switch (exchange.State)
        {
            case SipOfferState.RemoteOffer:
                response.SetBody(body, _options.BodyTypes[0]);
                exchange.AnswerSent(body);
                break;
            case SipOfferState.None:
                response.SetBody(body, _options.BodyTypes[0]);
                exchange.OfferSent(body);
                break;
            default:
                // A reliable 1xx carried the answer: the 2xx must not carry another (RFC 3261 §13.2.1).
                break;
        }
        _timer.Accept(invite, response, now);
        _dialog.Dialog.Confirm();
        _phase = SipSessionPhase.Answered;
        StopInviting();
        AwaitAck(transaction, response, now);
        Respond(transaction, response);
    }

    private void RefuseInvite(int status, string? cause, IReadOnlyList<SipHeader>? headers)
    {
        var response = Refusal(_invite!, status, cause);
        foreach (var (name, value) in headers ?? [])
        {
            response.Headers.Add(name, value);
        }
        Respond(_inviteTransaction!, response);
        StopInviting();
    }

    private void StopInviting()
    {
        _inviteTransaction = null;
        _queuedAnswer = null;
        _inviteDeadline = _ringAgainAt = TimeSpan.MaxValue;
        _reliable.Stop();
    }

    private void OnInviteDeadline(TimeSpan now)
    {
        if (now >= _inviteDeadline)
        {
            _inviteDeadline = TimeSpan.MaxValue;
            if (_role == SipDialogRole.Uac)
            {
                OnOutgoingDeadline(now);
            }
            else if (_inviteTransaction is not null)
            {
                RefuseInvite(SipStatus.RequestTerminated, "not answered in time", null);
                EndWith(
                    now,
                    SipEndedBy.Us,
                    SipEndCause.NotAnswered,
                    SipStatus.RequestTerminated,
                    "not answered in the time that the INVITE gave"
                );
            }
        }
        if (now >= _ringAgainAt)
        {
            _ringAgainAt = now + RingAgainAfter;
            if (_inviteTransaction is not null && _reliable.Waiting is null)
            {
                SendProvisional(_ringStatus, default, now);
            }
        }
    }
}
