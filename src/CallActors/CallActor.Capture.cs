using System.Net;
using Akka.Actor;
using Akka.Event;
using OCPlatform.CallActors.Captures;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    private CaptureOfCall? _capture;

    private void Captures()
    {
        Receive<CallCommands.StartCapture>(StartCapture);
        Receive<CallCommands.StopCapture>(_ => StopCapture());
    }

    private void StartCapture(CallCommands.StartCapture start)
    {
        if (!TryCapture(start.Keys, start.MaxMegabytes, out var refusal))
        {
            NotPossible(CallVerb.StartCapture, refusal);
            return;
        }
        Sender.Tell(new CallOutcome(_id, CallVerb.StartCapture, CallVerbResult.Done, null, null));
    }

    private void StopCapture()
    {
        if (_capture is not { Running: true } capture)
        {
            NotPossible(CallVerb.StopCapture, "the call is not being captured");
            return;
        }
        capture.End("it was stopped");
        if (_media is { } media)
        {
            media.PacketTap = null;
        }
        Sender.Tell(new CallOutcome(_id, CallVerb.StopCapture, CallVerbResult.Done, null, null));
    }

    /// <summary>Somebody asked for the next calls of this number or trunk.</summary>
    private void CaptureIfAwaited(string? trunk)
    {
        if (
            _state.Record is { } record
            && _services.Captures?.Awaited.Take(record.From, record.To, trunk) is { } awaited
            && !TryCapture(awaited.Keys, null, out var refusal)
        )
        {
            _log.Warning("Call {CallId} is not captured: {Refusal}", _id, refusal);
        }
    }

    private bool TryCapture(bool keys, int? maxMegabytes, out string refusal)
    {
        refusal = "this node captures nothing";
        if (_services.Captures is not { } captures)
        {
            return false;
        }
        // A socket bound to every address has none of its own: what we told the peer is what its packets go to.
        var peer = _state.Record?.RemoteAddress is { Length: > 0 } remote ? IPEndPoint.Parse(remote).Address : null;
        var address = IPAddress.Parse(_services.Media.AdvertisedAddress(peer));
        var file = captures.Files.TryBegin(_id.Value, keys, maxMegabytes, address, out var cause);
        if (file is null)
        {
            refusal = cause!;
            return false;
        }
        file.Paused = _pausedByRequest;
        _capture = new CaptureOfCall(file);
        if (_media is { } media)
        {
            media.PacketTap = file;
        }
        _log.Info("Call {CallId} is captured into {File}", _id, file.Path);
        return true;
    }

    private SipPath? PathOf(SipMessage message) =>
        _legs.Find(l => (l.Session.Dialog?.CallId ?? l.Session.Invite?.CallId) == message.CallId)?.Path ?? _leg?.Path;
}
