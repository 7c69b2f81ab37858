using OCPlatform.Simulation.Tests.Engine;

namespace OCPlatform.Simulation.Tests.Checkers;

/// <summary>The core never sees a request twice, however often it arrives. (The ACK of a 2xx is no transaction's business.)</summary>
internal sealed class DeliveredOnce : Checker
{
    private readonly HashSet<(Host, string Branch, string Method)> _seen = [];

    public override void Request(Transaction transaction) => See(transaction, transaction.Method);

    public override void CancelRequest(Transaction invite) => See(invite, SipMethod.Cancel);

    private void See(Transaction transaction, string method) =>
        Require(
            _seen.Add((transaction.Host, transaction.Branch, method)),
            $"{transaction.Host.Name}: {method} ({transaction.Branch}) came to the core twice"
        );
}
