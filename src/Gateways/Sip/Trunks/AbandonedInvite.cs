using Akka.Event;
using OCPlatform.Sip;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// An INVITE that was given up for another target and cancelled. When its target answers all the same, the answer is acknowledged
/// and the call hung up at once (RFC 3261 §9.1, §13.2.2.4): nobody else would, and it would ring on, and cost.
/// </summary>
internal sealed class AbandonedInvite(OutboundContext context, SipRequest invite, SipDestination destination)
    : ITransactionOwner
{
    /// <summary>Forks that may answer; more are left to their own time-out.</summary>
    private const int MaxForks = 8;

    private readonly Dictionary<string, (SipRequest Ack, SipDestination Target)> _forks = [];

    public void OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (!response.IsSuccess || response.To.Tag is not { } fork)
        {
            return;
        }
        if (_forks.TryGetValue(fork, out var known))
        {
            context.SendStateless(known.Ack.Clone(), known.Target);
            return;
        }
        if (_forks.Count >= MaxForks || SipDialog.CreateUac(invite, response) is not { } dialog)
        {
            return;
        }
        var target = SipDestination.FromUri(dialog.NextHop) ?? destination;
        var ack = dialog.CreateAck(invite);
        _forks[fork] = (ack, target);
        context.SendStateless(ack.Clone(), target);
        context.Log.Info("{Destination} answered an INVITE that was given up; it is hung up", destination);
        context.Send(dialog.CreateRequest(SipMethod.Bye), target, Nobody.Instance);
    }

    public void OnOver(SipTransactionId transaction, SipTransactionEnd end) { }

    private sealed class Nobody : ITransactionOwner
    {
        public static readonly Nobody Instance = new();

        public void OnResponse(SipTransactionId transaction, SipResponse response) { }

        public void OnOver(SipTransactionId transaction, SipTransactionEnd end) { }
    }
}
