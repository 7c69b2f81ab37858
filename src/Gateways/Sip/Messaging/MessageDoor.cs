using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Chat;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>
/// Takes MESSAGE outside of calls (RFC 3428): checks it, and gives it to the session of its sender, or begins one. Bounded
/// in conversations, and in rate for each user and trunk.
/// </summary>
internal sealed class MessageDoor : ReceiveActor
{
    // What has no place now may have one when somebody's conversation is over.
    private const int RetryWhenFullSeconds = 60;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly MessagingParts _parts;
    private readonly SipMessagingOptions _options;

    private readonly Dictionary<SenderKey, IActorRef> _sessions = [];
    private readonly Dictionary<IActorRef, SenderKey> _senders = [];

    // By user or trunk, both of the configuration: bounded.
    private readonly Dictionary<string, MessageRate> _rates = [];
    private bool _draining;

    public MessageDoor(MessagingParts parts)
    {
        _parts = parts;
        _options = parts.Options;
        Receive<AdmittedRequest>(OnMessage);
        Receive<MessageSession.Closed>(_ => Release(Sender));
        Receive<Terminated>(terminated => Forget(terminated.ActorRef));
        Receive<SipGatewayCommands.Drain>(_ => _draining = true);
    }

    /// <summary>The same person: the account that admitted, and the From address-of-record.</summary>
    private readonly record struct SenderKey(string Account, string Address);

    // A session that fails is not restarted: it would have lost what its sender still has to get.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void OnMessage(AdmittedRequest message)
    {
        if (_draining)
        {
            Refuse(message, SipStatus.ServiceUnavailable, "the node is being stopped", _parts.RetryAfterSeconds);
            return;
        }
        var request = message.Request;
        if (message.Identity.User is { } user && request.From.Uri.UnescapedUser != user)
        {
            Refuse(message, SipStatus.Forbidden, $"'{user}' may not write as another user");
            return;
        }
        if (!RateOf(message).TryTake(out var retryAfter))
        {
            var seconds = Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));
            Refuse(message, SipStatus.ServiceUnavailable, "too many messages", seconds);
            return;
        }
        var text = MessageText.Read(request, _options.MaxMessageBytes);
        if (!text.IsGood)
        {
            RefuseText(message, text);
            return;
        }
        if (SessionOf(message) is { } session)
        {
            session.Tell(new MessageSession.Incoming(message, InputIdOf(request), text.Text));
        }
    }

    private MessageRate RateOf(AdmittedRequest message)
    {
        var account = message.Identity.Account;
        if (!_rates.TryGetValue(account, out var rate))
        {
            _rates[account] = rate = new MessageRate(_options.MessagesPerSecond, _options.MessageBurst, _parts.Time);
        }
        return rate;
    }

    private IActorRef? SessionOf(AdmittedRequest message)
    {
        var from = message.Request.From.Uri;
        var key = new SenderKey(message.Identity.Account, $"{from.UnescapedUser}@{from.Host.ToLowerInvariant()}");
        if (_sessions.TryGetValue(key, out var session))
        {
            return session;
        }
        if (_senders.Count >= _options.MaxConversations)
        {
            var cause = $"all {_options.MaxConversations} conversations by message are taken";
            Refuse(message, SipStatus.ServiceUnavailable, cause, RetryWhenFullSeconds);
            return null;
        }
        if (
            message.Identity.User is null
            && _senders.Values.Count(sender => sender.Account == key.Account) >= _options.MaxConversationsPerTrunk
        )
        {
            var cause = $"the trunk has all {_options.MaxConversationsPerTrunk} conversations that it may have";
            Refuse(message, SipStatus.ServiceUnavailable, cause, RetryWhenFullSeconds);
            return null;
        }
        var caller = from.UnescapedUser ?? from.Host;
        session = Context.ActorOf(Props.Create(() => new MessageSession(_parts, caller)));
        Context.Watch(session);
        _sessions[key] = session;
        _senders[session] = key;
        _parts.Metrics.Opened();
        return session;
    }

    /// <summary>Its conversation is over; it still delivers what was said. The sender's next text begins a new one.</summary>
    private void Release(IActorRef session)
    {
        if (_senders.TryGetValue(session, out var key) && session.Equals(_sessions.GetValueOrDefault(key)))
        {
            _sessions.Remove(key);
        }
    }

    private void Forget(IActorRef session)
    {
        Release(session);
        if (_senders.Remove(session))
        {
            _parts.Metrics.Closed();
        }
    }

    private void RefuseText(AdmittedRequest message, MessageText text)
    {
        _parts.Metrics.Answered(text.Status);
        var response = SipRefusal.Create(message.Request, text.Status, text.Cause);
        if (text.Status == SipStatus.UnsupportedMediaType)
        {
            // RFC 3261 §21.4.13: what would have been taken.
            response.Headers.Add(SipHeaderId.Accept, MessageText.ContentType);
            response.Headers.Add(SipHeaderId.AcceptEncoding, "identity");
        }
        _parts.Sender.Respond(message, response);
    }

    private void Refuse(AdmittedRequest message, int status, string cause, int? retryAfterSeconds = null)
    {
        _log.Info("MESSAGE from {Remote} refused with {Status}: {Cause}", message.Received.Remote, status, cause);
        _parts.Metrics.Answered(status);
        _parts.Sender.Refuse(message, status, cause, retryAfterSeconds);
    }

    /// <summary>
    /// A text sent anew because its answer was late or lost comes in a new transaction, with its Call-ID and CSeq: the
    /// conversation takes each input once by this id. Hashed, since a Call-ID may be long.
    /// </summary>
    private static string InputIdOf(SipRequest request)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{request.CallId}\n{request.CSeq.Number}"));
        return "sip-" + Convert.ToHexStringLower(hash.AsSpan(0, 16));
    }
}
