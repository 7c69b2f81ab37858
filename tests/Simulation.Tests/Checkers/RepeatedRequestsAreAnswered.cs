using OCPlatform.Simulation.Tests.Engine;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>
/// A request that comes again gets its last response again, where it came from this time, since a NAT on the way may have picked another port
/// (RFC 3261 §17.2.1, §17.2.2). But a 2xx to an INVITE is its core's to repeat, and an acknowledged refusal is not repeated.
/// </summary>
internal sealed class RepeatedRequestsAreAnswered : Checker
{
    private readonly Dictionary<(Host, string Branch, string Method), Answer> _answers = [];
    private (Host Host, WireMessage Message, SipDestination Source)? _arriving;
    private bool _isAnswered;

    private sealed class Answer
    {
        public int Status { get; set; }
        public bool IsOver { get; set; }
    }

    public override void Request(Transaction transaction) =>
        _answers[(transaction.Host, transaction.Branch, transaction.Method)] = new Answer();

    public override void Arriving(Host at, WireMessage message, SipDestination source)
    {
        _arriving = message.IsRequest ? (at, message, source) : null;
        _isAnswered = false;
        if (
            message.Method == SipMethod.Ack
            && _answers.TryGetValue((at, message.Branch, SipMethod.Invite), out var answer)
        )
        {
            answer.IsOver = true;
        }
    }

    public override void Sent(Host from, WireMessage message, SipDestination to)
    {
        if (message.IsRequest)
        {
            return;
        }
        if (_answers.TryGetValue((from, message.Branch, message.Method), out var answer))
        {
            answer.Status = message.Status;
        }
        if (
            _arriving is var (host, request, source)
            && (host, request.Branch, request.Method) == (from, message.Branch, message.Method)
        )
        {
            _isAnswered = true;
            Require(to.Equals(source), $"{from.Name} answered {source} at {to}");
        }
    }

    public override void Arrived(Host at, WireMessage message)
    {
        if (message.IsRequest && _answers.TryGetValue((at, message.Branch, message.Method), out var answer))
        {
            var isDue = answer is { Status: > 0, IsOver: false };
            var isCores = message.Method == SipMethod.Invite && answer.Status is >= 200 and < 300;
            Require(!isDue || isCores || _isAnswered, $"{at.Name}: {message} came again and got no {answer.Status}");
        }
        _arriving = null;
    }

    public override void Ended(Transaction transaction, SipTransactionEnd end)
    {
        if (!transaction.IsClient)
        {
            _answers[(transaction.Host, transaction.Branch, transaction.Method)].IsOver = true;
        }
    }
}
