using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using OCPlatform.CallActors.Signalling;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    private static readonly TimeSpan DialogDeadline = TimeSpan.FromSeconds(5);

    // Who waits for what; one of a kind at a time.
    private readonly Dictionary<CallVerb, IActorRef> _asked = [];
    private string? _refreshKey;
    private bool _refreshing;
    private string? _transfer;
    private CallCommands.Transfer? _consulting;

    private sealed record DialogOverdue
    {
        public static readonly DialogOverdue Instance = new();
    }

    private void Verbs()
    {
        Receive<CallCommands.Place>(_ => NotPossible(CallVerb.Place, "the call exists already"));
        Receive<CallCommands.Ring>(Ring);
        Receive<CallCommands.Answer>(_ => Answer());
        Receive<CallCommands.Reject>(Reject);
        Receive<CallCommands.HangUp>(HangUp);
        Receive<CallCommands.Hold>(_ => Reoffer(CallVerb.Hold, holding: true));
        Receive<CallCommands.Resume>(_ => Reoffer(CallVerb.Resume, holding: false));
        Receive<CallCommands.Transfer>(Transfer);
        Receive<DialogOfCall>(OnConsultation);
        Receive<DialogOverdue>(_ => OnConsultation(new DialogOfCall(_id, null, null)));
        Receive<CallCommands.Replace>(Replace);
        Receive<CallCommands.SendDigits>(SendDigits);
        Receive<CallCommands.Refresh>(_ => Refresh());
        Receive<CallCommands.GetDialog>(_ => Sender.Tell(Dialog()));
        Captures();
    }

    /// <summary>The call is over, or never was.</summary>
    private void NoVerbs()
    {
        var cause = _state.Record is null ? "there is no such call" : "the call is over";
        Receive<CallCommands.Place>(_ => NotPossible(CallVerb.Place, cause));
        Receive<CallCommands.Ring>(_ => NotPossible(CallVerb.Ring, cause));
        Receive<CallCommands.Answer>(_ => NotPossible(CallVerb.Answer, cause));
        Receive<CallCommands.Reject>(_ => NotPossible(CallVerb.Reject, cause));
        Receive<CallCommands.HangUp>(_ => NotPossible(CallVerb.HangUp, cause));
        Receive<CallCommands.Hold>(_ => NotPossible(CallVerb.Hold, cause));
        Receive<CallCommands.Resume>(_ => NotPossible(CallVerb.Resume, cause));
        Receive<CallCommands.Transfer>(_ => NotPossible(CallVerb.Transfer, cause));
        Receive<CallCommands.Replace>(_ => NotPossible(CallVerb.Replace, cause));
        Receive<CallCommands.SendDigits>(_ => NotPossible(CallVerb.SendDigits, cause));
        Receive<CallCommands.Refresh>(_ => NotPossible(CallVerb.Refresh, cause));
        Receive<CallCommands.GetDialog>(_ => Sender.Tell(new DialogOfCall(_id, null, null)));
        Receive<CallCommands.StartCapture>(_ => NotPossible(CallVerb.StartCapture, cause));
        Receive<CallCommands.StopCapture>(_ => NotPossible(CallVerb.StopCapture, cause));
        NoRecordingVerbs(cause);
    }

    // ---- on the call ----

    private void HangUp(CallCommands.HangUp command)
    {
        HangUp(command.Cause);
        Reply(CallVerb.HangUp, SipSessionResult.Done);
    }

    /// <summary>Ends the call from our side: BYE once answered, CANCEL or a final response before.</summary>
    private void HangUp(EndCause cause)
    {
        if (_leg is null)
        {
            End(cause);
            return;
        }
        var unanswered = _leg.Session.Phase == SipSessionPhase.Inviting;
        if (unanswered && _state.Record!.Direction == CallDirection.Inbound)
        {
            cause = cause with { SipStatus = SipStatus.ServiceUnavailable };
        }
        _endCause = cause;
        HangUpLeg(_leg, cause.Detail, unanswered ? SipStatus.ServiceUnavailable : SipStatus.Ok);
        End(cause);
    }

    private void Reoffer(CallVerb verb, bool holding)
    {
        if (_leg is not { Connected: true, Negotiation: { } negotiation } leg || !Take(verb))
        {
            NotPossible(verb, "the call is not connected, or another change is under way");
            return;
        }
        negotiation.Holding = holding;
        var result = leg.Session.Reoffer(negotiation.Offer(), Elapsed);
        if (result != SipSessionResult.Done)
        {
            negotiation.Withdraw();
            negotiation.Holding = !holding;
            Tell(verb, result);
        }
        Drain(leg);
    }

    private void OnReofferDone(CallLeg leg, int status, string? cause)
    {
        var verb =
            _asked.ContainsKey(CallVerb.Hold) ? CallVerb.Hold
            : _asked.ContainsKey(CallVerb.Resume) ? CallVerb.Resume
            : (CallVerb?)null;
        if (leg != _leg || verb is not { } asked)
        {
            return;
        }
        if (status is >= 200 and < 300)
        {
            Tell(asked, CallVerbResult.Done);
            return;
        }
        leg.Negotiation!.Holding = asked == CallVerb.Resume;
        var result = status == SipStatus.RequestTimeout ? CallVerbResult.TimedOut : CallVerbResult.Refused;
        Tell(asked, result, status, cause ?? SipStatus.ReasonOf(status));
    }

    private void Refresh()
    {
        if (_leg is not { Connected: true } leg || !Take(CallVerb.Refresh))
        {
            NotPossible(CallVerb.Refresh, "the call is not connected, or is being refreshed");
            return;
        }
        var result = leg.Session.Refresh(Elapsed);
        _refreshing = result == SipSessionResult.Done;
        Drain(leg);
        _refreshing = false;
        if (result != SipSessionResult.Done)
        {
            Tell(CallVerb.Refresh, result);
        }
    }

    /// <summary>The request that a verb brought about is the first that its session sends after it.</summary>
    private void OnVerbSent(string requestKey)
    {
        if (_refreshing)
        {
            _refreshKey = requestKey;
        }
    }

    private void OnVerbAnswered(string requestKey, int? status, string cause)
    {
        if (requestKey != _refreshKey)
        {
            return;
        }
        _refreshKey = null;
        var result = status switch
        {
            >= 200 and < 300 => CallVerbResult.Done,
            null => CallVerbResult.TimedOut,
            _ => CallVerbResult.Refused,
        };
        Tell(CallVerb.Refresh, result, status, cause);
    }

    // ---- outcomes ----

    private bool Take(CallVerb verb) => _asked.TryAdd(verb, Sender);

    /// <summary>Tells whoever waits for the verb; nobody may.</summary>
    private void Tell(CallVerb verb, CallVerbResult result, int? status = null, string? cause = null)
    {
        if (_asked.Remove(verb, out var asked))
        {
            asked.Tell(new CallOutcome(_id, verb, result, status, result == CallVerbResult.Done ? null : cause));
        }
    }

    private void Tell(CallVerb verb, SipSessionResult result) =>
        Tell(
            verb,
            result == SipSessionResult.Done ? CallVerbResult.Done : CallVerbResult.NotPossible,
            null,
            DetailOf(result)
        );

    private void Reply(CallVerb verb, SipSessionResult result, IActorRef? asker = null) =>
        (asker ?? Sender).Tell(
            new CallOutcome(
                _id,
                verb,
                result == SipSessionResult.Done ? CallVerbResult.Done : CallVerbResult.NotPossible,
                null,
                DetailOf(result)
            )
        );

    private void NotPossible(CallVerb verb, string cause) =>
        Sender.Tell(new CallOutcome(_id, verb, CallVerbResult.NotPossible, null, cause));

    /// <summary>Another party took over: what was asked of the former one can come to nothing any more.</summary>
    private void ForgetVerbsOfFormerLeg()
    {
        _digits.Clear();
        (_transfer, _consulting, _refreshKey) = (null, null, null);
        // Its recording is the call's: it goes on, or ends, with whoever is there.
        foreach (var verb in _asked.Keys.Except([CallVerb.StartRecording, CallVerb.StopRecording]).ToList())
        {
            Tell(verb, CallVerbResult.NotPossible, null, "another party took the call over meanwhile");
        }
    }

    /// <summary>The call is over: whoever still waits is told.</summary>
    private void FailVerbs(EndCause cause)
    {
        foreach (var verb in _asked.Keys.ToList())
        {
            var result = cause.Reason switch
            {
                EndReason.NoAnswer => CallVerbResult.TimedOut,
                _ when verb == CallVerb.Place => CallVerbResult.Refused,
                _ => CallVerbResult.NotPossible,
            };
            Tell(verb, result, cause.SipStatus, cause.Detail ?? $"the call ended: {cause.Reason}");
        }
    }

    private static string? DetailOf(SipSessionResult result) =>
        result switch
        {
            SipSessionResult.Done => null,
            SipSessionResult.Pending => "another change of the call is under way",
            SipSessionResult.NotAllowedByPeer => "the other side does not take this (its Allow header)",
            SipSessionResult.Invalid => "that cannot be said in SIP",
            _ => "the call is not in a state for it",
        };
}
