using System.Text;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Gateways.Sip.Messaging;

internal sealed partial class MessageSession
{
    private const string ReplyType = MessageText.ContentType + ";charset=UTF-8";

    private readonly MessageOutbox _outbox;

    // One Call-ID with a rising CSeq lets the phone see the order (RFC 3428 §8).
    private readonly string _callId = SipToken.NewCallId();
    private readonly string _fromTag = SipToken.NewTag();
    private MessagePeer? _peer;
    private SipTransactionId? _underWay;
    private uint _cseq;
    private int _givenUpTold;

    private void ReceiveDelivery()
    {
        Receive<SipSender.Answered>(answer => OnDelivered(answer.Response), answer => answer.Transaction == _underWay);
        Receive<SipSender.Failed>(
            failed => OnUndelivered($"no answer: {failed.End}"),
            failed => failed.Transaction == _underWay
        );
        Receive<SipSender.Answered>(_ => { });
        Receive<SipSender.Failed>(_ => { });
    }

    private void Reply(string text)
    {
        if (text.Trim() is not { Length: > 0 } reply)
        {
            return;
        }
        if (!_outbox.TryAdd(reply, Now))
        {
            _log.Warning("A reply of conversation {ConversationId} found no room in the outbox", _id);
        }
        SendNext();
    }

    private void SendNext()
    {
        while (_underWay is null && !_outbox.IsEmpty && _peer is { } peer)
        {
            var (request, destination) = peer.Create(_parts.Registrations, _callId, _fromTag, ++_cseq);
            if (_outbox.Next(MessagePeer.RoomIn(request), Now) is not { } text)
            {
                break;
            }
            request.SetBody(Encoding.UTF8.GetBytes(text), ReplyType);
            _underWay = _parts.Sender.Send(request, destination, Self);
            if (_underWay is null)
            {
                _log.Warning(
                    "A reply of conversation {ConversationId} cannot be sent to {Destination}",
                    _id,
                    destination
                );
                _outbox.OnFailed();
            }
        }
        if (_outbox.GivenUp > _givenUpTold)
        {
            _parts.Metrics.RepliesGivenUp(_outbox.GivenUp - _givenUpTold);
            _givenUpTold = _outbox.GivenUp;
        }
    }

    private void OnDelivered(SipResponse response)
    {
        if (!response.IsSuccess)
        {
            OnUndelivered($"{response.StatusCode} {response.ReasonPhrase}");
            return;
        }
        _parts.Metrics.ReplySent();
        _underWay = null;
        SendNext();
        StopWhenDelivered();
    }

    private void OnUndelivered(string cause)
    {
        _log.Info("A reply of conversation {ConversationId} was not delivered: {Cause}", _id, cause);
        _underWay = null;
        _outbox.OnFailed();
        SendNext();
        StopWhenDelivered();
    }

    private void StopWhenDelivered()
    {
        if (_closing && _ending is null && _underWay is null && _outbox.IsEmpty)
        {
            Context.Stop(Self);
        }
    }
}
