using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transactions;

/// <summary>What the layer adds to its machines; how they fare on bad networks is for the simulation.</summary>
public sealed class TransactionLayerTests : ITransactionUser
{
    private readonly List<(string Message, SipDestination Destination)> _sent = [];
    private readonly TransactionLayer _layer;
    private SipTransactionId? _request;

    public TransactionLayerTests() => _layer = new TransactionLayer(this, new SipTimers(), new TransactionLimits());

    [Fact]
    public void An_answer_follows_a_request_that_comes_again_from_another_port()
    {
        Receive(port: 20_000);
        _layer.Respond(_request!.Value, 200, "first"u8.ToArray(), TimeSpan.Zero);
        Receive(port: 20_001);
        _sent.Should().Equal(("first", Client(20_000)), ("first", Client(20_001)));
    }

    private void Receive(int port)
    {
        var request = SipRequest.Create(SipMethod.Options, SipUri.Parse("sip:b@x"), NameAddress.Parse("<sip:a@x>"));
        request.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1;rport");
        var flow = new SipFlow(new UdpTransport(new()), new IPEndPoint(IPAddress.Loopback, 5060), Client(port));
        ResponseRouting.StampSource(request, flow);
        _layer.Receive(request, flow, TimeSpan.Zero);
    }

    private static SipDestination Client(int port) =>
        SipDestination.Udp(new IPEndPoint(IPAddress.Parse("192.0.2.1"), port));

    bool ITransactionUser.Send(ReadOnlyMemory<byte> message, SipDestination destination)
    {
        _sent.Add((System.Text.Encoding.UTF8.GetString(message.Span), destination));
        return true;
    }

    void ITransactionUser.OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow) => _request = id;

    void ITransactionUser.OnCancel(SipTransactionId invite, SipRequest cancel) { }

    void ITransactionUser.OnResponse(SipTransactionId id, SipResponse response) { }

    void ITransactionUser.OnEnded(SipTransactionId id, SipTransactionEnd end) { }
}
