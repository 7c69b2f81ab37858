using OCPlatform.Bench.Fuzz;
using OCPlatform.Sip;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Bench.Sip;

/// <summary>From received bytes to whom they concern, and what a transaction costs on the way.</summary>
internal sealed class RoutingBench : ITransactionUser
{
    private static readonly NoTransport Transport = new();
    private static readonly SipFlow Flow = new(
        Transport,
        Transport.LocalEndPoint,
        SipDestination.Udp(System.Net.IPEndPoint.Parse("198.51.100.7:5060"))
    );

    private readonly TransactionLayer _layer;
    private readonly SipTagTable<object> _calls = new();
    private SipTransactionId _last;
    private long _minute;

    public RoutingBench()
    {
        _layer = new(this, new SipTimers(), new TransactionLimits());
        for (var i = 0; i < 5_000; i++)
        {
            _calls.TryAdd(SipToken.NewTag(), this);
        }
        _calls.TryAdd(TypicalMessages.CallTag, this);
    }

    public void Print()
    {
        var table = new FigureTable("Route, 5,000 calls live", "ns", "allocated B", "messages/s");
        table.Add("BYE from its bytes to its call", SipBench.Figures(Measurement.Of(FindCall)));
        var bye = (SipRequest)SipParser.Parse(TypicalMessages.Bye);
        _layer.Receive(bye, Flow, TimeSpan.Zero);
        _layer.Respond(_last, 200, SipResponse.Create(bye, 200).ToBytes(), TimeSpan.Zero);
        table.Add("BYE again, from its bytes to its answer", SipBench.Figures(Measurement.Of(Repeat)));
        _layer.RunTimers(TimeSpan.FromMinutes(++_minute));
        table.Print();

        var transactions = new FigureTable("Transaction, from start to end", "ns", "allocated B", "transactions/s");
        var ok = SipResponse.Create(bye, 200);
        var bytes = ok.ToBytes();
        transactions.Add(
            "server: BYE parsed before, 200 made before",
            SipBench.Figures(Measurement.Of(() => Serve(bye, bytes)))
        );
        transactions.Add(
            "client: BYE written, 200 parsed before",
            SipBench.Figures(Measurement.Of(() => Ask(bye, ok)))
        );
        transactions.Print();
    }

    private void FindCall()
    {
        if (
            !SipPeek.TryRead(TypicalMessages.Bye, out var peek)
            || _layer.TryAbsorb(in peek, TimeSpan.Zero)
            || !_calls.TryFind(peek.ToTag, out _)
        )
        {
            throw new InvalidOperationException("The request is new and its call is there.");
        }
    }

    private void Repeat()
    {
        if (!SipPeek.TryRead(TypicalMessages.Bye, out var peek) || !_layer.TryAbsorb(in peek, TimeSpan.Zero))
        {
            throw new InvalidOperationException("The request was answered before.");
        }
    }

    private void Serve(SipRequest request, byte[] response)
    {
        var now = TimeSpan.FromMinutes(++_minute);
        _layer.Receive(request, Flow, now);
        _layer.Respond(_last, 200, response, now);
        _layer.RunTimers(now + TimeSpan.FromMinutes(1));
    }

    private void Ask(SipRequest request, SipResponse response)
    {
        var now = TimeSpan.FromMinutes(++_minute);
        _layer.Start(request, Flow.Remote, reliable: false, now);
        _layer.Receive(response, Flow, now);
        _layer.RunTimers(now + TimeSpan.FromMinutes(1));
    }

    bool ITransactionUser.Send(ReadOnlyMemory<byte> message, SipDestination destination) => true;

    void ITransactionUser.OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow) => _last = id ?? _last;

    void ITransactionUser.OnCancel(SipTransactionId invite, SipRequest cancel) { }

    void ITransactionUser.OnResponse(SipTransactionId id, SipResponse response) { }

    void ITransactionUser.OnEnded(SipTransactionId id, SipTransactionEnd end) { }
}
