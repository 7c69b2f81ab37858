using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.UserAgents;

/// <summary>Within the dialog: ACK, BYE, re-INVITE and OPTIONS, both ways (RFC 3261 §12.2, §14, §15).</summary>
public sealed partial class SipCall
{
    private SipTransactionId? _byeId;
    private SipTransactionId? _reinviteId;
    private SipRequest? _reinvite;
    private ReadOnlyMemory<byte> _reinviteAck;
    private TaskCompletionSource<SipInviteResult>? _reinviteResult;

    /// <summary>
    /// Changes the session with a re-INVITE (hold, another address or codec). Completes with its final response; 491 at once when one is under
    /// way. A refused re-INVITE leaves the session as it was.
    /// </summary>
    public Task<SipInviteResult> ReinviteAsync(ReadOnlyMemory<byte> offer)
    {
        var result = new TaskCompletionSource<SipInviteResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_agent.Endpoint.Post(() => ReinviteOnLoop(offer, result)))
        {
            result.TrySetResult(new(SipStatus.ServiceUnavailable, "The endpoint is stopped", default, null));
        }
        return result.Task;
    }

    internal void OnRequest(SipServerRequest incoming)
    {
        var request = incoming.Request;
        switch (_dialog?.OnRequest(request))
        {
            case null or SipDialogCheck.OtherDialog:
                _agent.Answer(incoming, SipStatus.CallDoesNotExist);
                return;
            case SipDialogCheck.OutOfOrder:
                _agent.Answer(incoming, SipStatus.ServerInternalError);
                return;
        }
        switch (request.Method)
        {
            case SipMethod.Ack:
                OnAck(request);
                break;
            case SipMethod.Bye:
                OnBye(incoming);
                break;
            case SipMethod.Invite:
                OnReinviteRequest(incoming);
                break;
            case SipMethod.Options:
                _agent.AnswerOptions(incoming);
                break;
            default:
                _agent.Answer(incoming, SipStatus.MethodNotAllowed);
                break;
        }
    }

    private void OnAck(SipRequest ack)
    {
        if (_ackWait?.OnAck(ack) == true)
        {
            StopAckWait();
        }
    }

    private void OnBye(SipServerRequest incoming)
    {
        _agent.Answer(incoming, SipStatus.Ok);
        if (IsIncoming && _state is SipCallState.Calling or SipCallState.Ringing)
        {
            // BYE in an early dialog: the INVITE still needs its final response (RFC 3261 §15.1.2).
            RespondToInvite(SipStatus.RequestTerminated, default);
        }
        End(SipCallEndCause.RemoteHangUp, 0, incoming.Request.Headers[SipHeaderId.Reason] ?? "BYE");
    }

    private void OnReinviteRequest(SipServerRequest incoming)
    {
        var request = incoming.Request;
        if (_state != SipCallState.Answered || IsReinviting)
        {
            // Glare (RFC 3261 §14.2).
            _agent.Answer(incoming, SipStatus.RequestPending);
            return;
        }
        var answer = OnReinvite?.Invoke(request.Body) ?? default;
        if (answer.IsEmpty)
        {
            _agent.Answer(incoming, SipStatus.NotAcceptableHere);
            return;
        }
        _dialog!.RefreshTarget(request);
        var response = SipResponse.Create(request, SipStatus.Ok);
        response.Headers.Add(SipHeaderId.Contact, $"<{_dialog.State.LocalTarget}>");
        response.SetBody(answer, "application/sdp");
        _agent.Respond(incoming.TransactionId!.Value, response);
        AwaitAck(incoming.TransactionId.Value, response, request.CSeq.Number);
    }

    private void ReinviteOnLoop(ReadOnlyMemory<byte> offer, TaskCompletionSource<SipInviteResult> result)
    {
        if (_state != SipCallState.Answered || _byeId is not null)
        {
            result.TrySetResult(new(SipStatus.CallDoesNotExist, "No call to change", default, null));
            return;
        }
        if (IsReinviting || _ackWait is not null)
        {
            result.TrySetResult(new(SipStatus.RequestPending, "Another INVITE is under way", default, null));
            return;
        }
        _reinvite = _dialog!.CreateRequest(SipMethod.Invite);
        _reinvite.SetBody(offer, "application/sdp");
        _reinviteAck = default;
        _reinviteResult = result;
        _reinviteId = _agent.Send(_reinvite, DestinationOf(_dialog), this);
        if (_reinviteId is null)
        {
            FailReinvite("Refused by the endpoint");
        }
    }

    private void OnReinviteResponse(SipResponse response)
    {
        if (response.IsProvisional)
        {
            return;
        }
        if (response.IsSuccess)
        {
            var destination = DestinationOf(_dialog!);
            if (_reinviteAck.IsEmpty)
            {
                _dialog!.RefreshTarget(response);
                destination = DestinationOf(_dialog);
                var ack = _dialog.CreateAck(_reinvite!);
                _agent.Endpoint.SendStateless(ack, destination);
                _reinviteAck = ack.ToBytes();
            }
            else
            {
                _agent.Endpoint.SendStateless(_reinviteAck, destination);
            }
        }
        _reinviteResult?.TrySetResult(new(response.StatusCode, response.ReasonPhrase, response.Body, response));
        _reinviteResult = null;
    }

    /// <summary>Sent and not answered; its transaction lives on after that, for retransmitted 2xx.</summary>
    private bool IsReinviting => _reinviteResult is not null;

    private void FailReinvite(string reason)
    {
        _reinviteResult?.TrySetResult(new(SipStatus.RequestTimeout, reason, default, null));
        _reinviteResult = null;
    }

    private void SendBye()
    {
        if (_byeId is not null)
        {
            return;
        }
        StopAckWait();
        _byeId = _agent.Send(_dialog!.CreateRequest(SipMethod.Bye), DestinationOf(_dialog), this);
        if (_byeId is null)
        {
            End(SipCallEndCause.TransportError, SipStatus.ServiceUnavailable, "BYE was refused by the endpoint");
        }
    }

    private void EndByBye(SipResponse response) =>
        End(_cancelCause ?? SipCallEndCause.LocalHangUp, 0, response.IsSuccess ? "BYE" : $"BYE: {response.StatusCode}");
}
