using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
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
        SeekGatewayFor(new Placement(target, caller, replaces, place));
    }

    /// <param name="Command">As it was asked for.</param>
    private sealed record Placement(SipUri Target, SipUri Caller, SipReplaces? Replaces, CallCommands.Place Command);

    private void Place(Placement placement, IActorRef? gateway)
    {
        if (gateway is null)
        {
            End(Unplaceable(EndReason.NoRoute, "no node of the cluster has a SIP gateway that is up"));
            return;
        }
        if (!TryOpenMedia())
        {
            End(Unplaceable(EndReason.Overloaded, "no RTP port is free"));
            return;
        }
        UseGateway(gateway);
        var (target, caller, replaces, place) = placement;
        var ring = TimeSpan.FromSeconds(place.RingSeconds ?? _options.PlacedRingSeconds);
        _leg = CallLegTo(target, caller, place.Trunk, replaces, referredBy: null, ring);
        Drain(_leg);
    }

    // ---- by which gateway ----

    /// <summary>
    /// The gateway for a call of ours: for what may be a registered phone the one where it is registered, since only that one has
    /// its connection; else this node's own; else any other.
    /// </summary>
    private void SeekGatewayFor(Placement placement)
    {
        var (own, others) = LivingGateways();
        var mayBePhone =
            placement.Command.Trunk is null
            && placement.Target is { IsSip: true, Host: not SipSession.PlaceholderHost };
        if (own is not null && (others.Length == 0 || !mayBePhone))
        {
            Place(placement, own);
            return;
        }
        Become(() =>
        {
            Receive<GatewayFound>(found =>
            {
                Become(InCall);
                Place(placement, found.Gateway);
                Stash.UnstashAll();
            });
            Receive<CallQueries.Get>(_ => Sender.Tell(new CallQueries.Answer(_id, RecordNow())));
            ReceiveAny(_ => Stash.Stash());
        });
        var phone = mayBePhone ? placement.Target.ToString() : null;
        FindForPlacingAsync(Context.System, own, others, phone).PipeTo(Self);
    }

    private static async Task<GatewayFound> FindForPlacingAsync(
        ActorSystem system,
        IActorRef? own,
        IReadOnlyList<string> others,
        string? phone
    )
    {
        if (phone is not null)
        {
            // All at once: each that is silent would cost its deadline.
            var asked = others.Select(path => WithPhoneAsync(system.ActorSelection(path), phone)).ToList();
            if (own is not null)
            {
                asked.Insert(0, WithPhoneAsync(new ActorSelection(own, ""), phone));
            }
            await foreach (var answer in Task.WhenEach(asked))
            {
                if (await answer is { } gateway)
                {
                    return new GatewayFound(gateway, SeekReason.Placing);
                }
            }
        }
        return own is null
            ? await FindAsync(system, others, otherwise: null, SeekReason.Placing)
            : new GatewayFound(own, SeekReason.Placing);
    }

    /// <summary>The gateway, if the phone is registered there; null when it is not, or nobody answers in time.</summary>
    private static async Task<IActorRef?> WithPhoneAsync(ActorSelection selection, string phone)
    {
        try
        {
            var gateway = await selection.ResolveOne(GatewayDeadline);
            var answer = await gateway.Ask<SipGatewayQueries.PhoneAnswer>(
                new SipGatewayQueries.FindPhone(phone),
                GatewayDeadline
            );
            return answer.IsHere ? gateway : null;
        }
        catch (Exception e) when (e is ActorNotFoundException or AskTimeoutException)
        {
            return null;
        }
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
