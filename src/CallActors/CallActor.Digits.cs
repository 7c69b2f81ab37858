using OCPlatform.Contracts.Calls;
using OCPlatform.Sip;
using OCPlatform.Sip.Sessions;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    // Digits that are sent one by one, each when the one before was answered.
    private readonly Queue<char> _digits = [];
    private int _digitMs;

    private void SendDigits(CallCommands.SendDigits send)
    {
        var digits = (send.Digits ?? "").ToUpperInvariant();
        if (digits.Length is 0 or > 32 || digits.Any(d => !"0123456789*#ABCD".Contains(d)))
        {
            NotPossible(CallVerb.SendDigits, "digits are 1 to 32 of 0-9, *, # and A-D");
            return;
        }
        if (_leg is not { Connected: true, Negotiation.Current: { } media } || !Take(CallVerb.SendDigits))
        {
            NotPossible(CallVerb.SendDigits, "the call is not connected, or digits are being sent");
            return;
        }
        if (media.SendTelephoneEventType is not null)
        {
            var taken = digits.All(digit => _media!.SendDtmf(digit, send.DurationMs));
            Tell(
                CallVerb.SendDigits,
                taken ? CallVerbResult.Done : CallVerbResult.NotPossible,
                null,
                taken ? null : "too many digits wait to be sent"
            );
            return;
        }
        _digitMs = send.DurationMs;
        foreach (var digit in digits)
        {
            _digits.Enqueue(digit);
        }
        SendNextDigit();
    }

    private void SendNextDigit()
    {
        if (!_digits.TryDequeue(out var digit))
        {
            Tell(CallVerb.SendDigits, CallVerbResult.Done);
            return;
        }
        var result = _leg!.Session.SendInfo(SipDigit.RelayType, new SipDigit(digit, _digitMs).ToRelayBody(), Elapsed);
        if (result != SipSessionResult.Done)
        {
            _digits.Clear();
            Tell(CallVerb.SendDigits, result);
        }
        Drain(_leg);
    }

    private void OnInfoAnswered(int status)
    {
        if (status is >= 200 and < 300)
        {
            SendNextDigit();
            return;
        }
        _digits.Clear();
        var result = status == SipStatus.RequestTimeout ? CallVerbResult.TimedOut : CallVerbResult.Refused;
        Tell(CallVerb.SendDigits, result, status, $"INFO: {SipStatus.ReasonOf(status)}");
    }
}
