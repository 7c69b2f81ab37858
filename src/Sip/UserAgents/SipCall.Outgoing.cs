using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>The caller's side: INVITE, digest, CANCEL, ACK (RFC 3261 §13.2).</summary>
public sealed partial class SipCall
{
    private SipCallRequest? _request;
    private DigestClient? _digest;
    private SipRequest _invite;
    private SipTransactionId? _inviteId;
    private LoopTimer? _deadline;
    private SipCallEndCause? _cancelCause;
    private readonly List<(string Tag, ReadOnlyMemory<byte> Ack, SipDestination Destination)> _acks = [];

    internal static SipCall CreateOutgoing(SipUserAgent agent, SipCallRequest request, SipDestination destination)
    {
        var contact = agent.ContactFor(destination);
        var from =
            request.From
            ?? new NameAddress(
                agent.Options.Domain is { } domain
                    ? SipUri.Create(agent.Options.User, domain)
                    : SipUri.Create(contact.User, contact.Host)
            );
        var invite = SipRequest.Create(SipMethod.Invite, request.Target, from);
        invite
            .Headers.Add(SipHeaderId.Contact, $"<{contact}>")
            .Add(SipHeaderId.Allow, SipUserAgent.AllowedMethods)
            .Add(SipHeaderId.UserAgent, agent.Options.Product);
        foreach (var (name, value) in request.Headers)
        {
            invite.Headers.Add(name, value);
        }
        invite.SetBody(request.Offer, request.OfferContentType);
        return new SipCall(agent, invite.CallId, invite.From.Tag!, destination, invite)
        {
            _request = request,
            _digest = (request.Credentials ?? agent.Options.Credentials) is { } credentials
                ? new DigestClient(credentials)
                : null,
        };
    }

    internal void StartOutgoing()
    {
        if (!_agent.HasRoom)
        {
            Refuse();
            return;
        }
        _agent.Add(this);
        _deadline = _agent.Endpoint.Schedule(_request!.AnswerWithin, () => CancelOnLoop(SipCallEndCause.Timeout));
        SendInvite();
    }

    private void SendInvite()
    {
        _inviteId = _agent.Send(_invite, _destination, this);
        if (_inviteId is null)
        {
            FailOutgoing(SipTransactionEnd.Refused);
        }
    }

    private void OnInviteResponse(SipResponse response)
    {
        if (response.IsProvisional)
        {
            OnProvisional(response);
        }
        else if (response.IsSuccess)
        {
            OnSuccess(response);
        }
        else if (
            response.StatusCode is SipStatus.Unauthorized or SipStatus.ProxyAuthenticationRequired
            && _cancelCause is null
            && _digest?.Answer(_invite, response) is { } again
        )
        {
            _invite = again;
            SendInvite();
        }
        else
        {
            _answered.TrySetResult(new(response.StatusCode, response.ReasonPhrase, response.Body, response));
            End(_cancelCause ?? SipCallEndCause.Rejected, response.StatusCode, response.ReasonPhrase);
        }
    }

    private void OnProvisional(SipResponse response)
    {
        _times = _times with { Trying = _times.Trying ?? Elapsed };
        if (response.StatusCode > SipStatus.Trying && _state is SipCallState.Calling or SipCallState.Ringing)
        {
            _times = _times with { Ringing = _times.Ringing ?? Elapsed };
            _state = SipCallState.Ringing;
        }
        OnProgress?.Invoke(response);
    }

    private void OnSuccess(SipResponse response)
    {
        var tag = response.To.Tag ?? "";
        foreach (var sent in _acks)
        {
            if (sent.Tag == tag)
            {
                // Our ACK was lost: each retransmitted 2xx gets the same one (RFC 3261 §13.2.2.4).
                _agent.Endpoint.SendStateless(sent.Ack, sent.Destination);
                return;
            }
        }
        if (SipDialog.CreateUac(_invite, response) is not { } dialog)
        {
            _answered.TrySetResult(new(response.StatusCode, "2xx without To tag", default, response));
            End(SipCallEndCause.Rejected, SipStatus.BadGateway, "2xx without To tag");
            return;
        }
        Acknowledge(dialog, response, tag);
        if (_dialog is not null || _state == SipCallState.Ended)
        {
            // Another branch of a fork answered too, or we are gone: acknowledged, then hung up.
            _agent.Endpoint.SendRequest(dialog.CreateRequest(SipMethod.Bye), DestinationOf(dialog));
            return;
        }
        _dialog = dialog;
        _deadline?.Cancel();
        _times = _times with { Answered = Elapsed };
        _state = SipCallState.Answered;
        if (_cancelCause is not null)
        {
            // CANCEL and 200 crossed.
            SendBye();
        }
        _answered.TrySetResult(new(response.StatusCode, response.ReasonPhrase, response.Body, response));
    }

    private void Acknowledge(SipDialog dialog, SipResponse response, string tag)
    {
        var ack = dialog.CreateAck(_invite);
        if (_invite.Body.IsEmpty && _request?.AnswerOffer is { } answer)
        {
            ack.SetBody(answer(response.Body), _request.OfferContentType);
        }
        var destination = DestinationOf(dialog);
        _agent.Endpoint.SendStateless(ack, destination);
        _acks.Add((tag, ack.ToBytes(), destination));
    }

    private void CancelOnLoop(SipCallEndCause cause)
    {
        if (_state is SipCallState.Answered or SipCallState.Ended || _cancelCause is not null)
        {
            return;
        }
        _cancelCause = cause;
        if (_inviteId is not { } invite || !_agent.Endpoint.Cancel(invite))
        {
            End(cause, SipStatus.RequestTerminated, "Cancelled");
        }
    }

    private void FailOutgoing(SipTransactionEnd end)
    {
        var (cause, status) = end switch
        {
            SipTransactionEnd.Timeout => (_cancelCause ?? SipCallEndCause.Timeout, SipStatus.RequestTimeout),
            _ => (SipCallEndCause.TransportError, SipStatus.ServiceUnavailable),
        };
        End(cause, status, $"INVITE: {end}");
    }
}
