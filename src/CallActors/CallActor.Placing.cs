using Akka.Event;
using Akka.Hosting;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    private string? _agent;

    private void OnPlace(CallCommands.Place place)
    {
        _asked[CallVerb.Place] = Sender;
        _agent = place.Agent;
        _services.Metrics.Started();
        var from = place.From ?? "";
        Record(new CallEvents.Placed(_id, Now, from, place.To, _services.NodeName));
        _log.Info("Call {CallId} is placed to {To}", _id, place.To);
        CaptureIfAwaited(place.Trunk);
        if (!TryReadTarget(place.To, out var target) || !TryReadCaller(from, out var caller))
        {
            End(Unplaceable(EndReason.BadRequest, $"'{place.To}' or '{from}' is neither a URI nor a number"));
            return;
        }
        SipReplaces? replaces = null;
        if (place.Replaces is { } text && !SipReplaces.TryParse(text, out replaces))
        {
            End(Unplaceable(EndReason.BadRequest, $"'{text}' is no Replaces value"));
            return;
        }
        if (!ActorRegistry.For(Context.System).TryGet<SipGatewayKey>(out _gateway))
        {
            End(Unplaceable(EndReason.NoRoute, "this node has no SIP gateway"));
            return;
        }
        if (!TryOpenMedia())
        {
            End(Unplaceable(EndReason.Overloaded, "no RTP port is free"));
            return;
        }
        var ring = TimeSpan.FromSeconds(place.RingSeconds ?? _options.PlacedRingSeconds);
        _leg = CallLegTo(target, caller, place.Trunk, replaces, referredBy: null, ring);
        Drain(_leg);
    }

    private static EndCause Unplaceable(EndReason reason, string cause) => new(EndedBy.Platform, reason, null, cause);

    /// <summary>A URI as it stands; a number goes to whatever trunk serves it.</summary>
    private static bool TryReadTarget(string text, out SipUri target)
    {
        if (SipUri.TryParse(text, out var uri) && (uri.IsSip || uri.Scheme == "tel"))
        {
            target = uri;
            return true;
        }
        target = SipUri.Create(text, SipSession.PlaceholderHost) with
        {
            Parameters = SipParameters.Empty.With("user", "phone"),
        };
        return IsNumber(text);
    }

    private static bool TryReadCaller(string text, out SipUri caller)
    {
        if (text.Length == 0)
        {
            caller = SipUri.Create("ocplatform", SipSession.PlaceholderHost);
            return true;
        }
        return TryReadTarget(text, out caller);
    }

    /// <summary>E.164 (<c>+4930123</c>) or digits as dialled.</summary>
    private static bool IsNumber(string text)
    {
        var digits = text.StartsWith('+') ? text[1..] : text;
        return digits.Length is > 0 and <= 32 && digits.All(c => char.IsAsciiDigit(c) || c is '*' or '#');
    }

    private void Ring(CallCommands.Ring ring)
    {
        if (_leg is not { Negotiation.Current: { } media } leg || _state.Record!.Direction != CallDirection.Inbound)
        {
            NotPossible(CallVerb.Ring, "there is nothing to ring, or nothing agreed to be heard");
            return;
        }
        var result = leg.Session.Ring(
            ring.EarlyMedia ? SipStatus.SessionProgress : SipStatus.Ringing,
            ring.EarlyMedia ? leg.Description : default,
            Elapsed
        );
        Drain(leg);
        if (result == SipSessionResult.Done && ring.EarlyMedia)
        {
            StartOrUpdate(media);
            StartTalking();
        }
        Reply(CallVerb.Ring, result);
    }

    private void Answer() => Reply(CallVerb.Answer, AnswerInvite());

    private void Reject(CallCommands.Reject reject)
    {
        if (_leg is not { } leg)
        {
            NotPossible(CallVerb.Reject, "there is nothing to refuse");
            return;
        }
        List<SipHeader>? headers =
            reject.Contact is { } text && SipUri.TryParse(text, out var contact)
                ? [new("Contact", new NameAddress(contact).ToString())]
                : null;
        var sender = Sender;
        _endCause = new EndCause(EndedBy.Operator, EndReason.Rejected, reject.Status, reject.Cause);
        var result = leg.Session.Reject(reject.Status, reject.Cause, headers, Elapsed);
        if (result != SipSessionResult.Done)
        {
            _endCause = null;
        }
        Drain(leg);
        Reply(CallVerb.Reject, result, sender);
    }
}
