using System.Buffers;
using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Messages;

/// <summary>What messages cost in memory; the times are in the benchmarks.</summary>
public class AllocationTests
{
    private static readonly byte[] Bye = SipSamples.Bytes(
        SipSamples.Wire(
            SipSamples
                .Minimal("BYE sip:c07f@203.0.113.5 SIP/2.0", "User-Agent: x\n")
                .Replace("<sip:b@example.com>", "<sip:b@example.com>;tag=c07f3k2m")
        )
    );

    [Fact]
    public void Parsing_as_an_endpoint_does_allocates_the_message_object_alone()
    {
        foreach (var bytes in new[] { SipSamples.InviteBytes, Bye })
        {
            Allocations
                .PerOperation(() =>
                {
                    SipParser.TryParsePooled(bytes, out var message, out _);
                    message!.Release();
                    return message;
                })
                .Should()
                .BeLessThanOrEqualTo(160);
        }
    }

    [Fact]
    public void A_message_left_to_the_collector_costs_its_bytes_and_half_a_kilobyte()
    {
        Allocations
            .PerOperation(() =>
                SipParser.TryParse(SipSamples.InviteBytes.AsSpan(), out var message, out _) ? message : null
            )
            .Should()
            .BeLessThanOrEqualTo(SipSamples.InviteBytes.Length + 512);
        Allocations
            .PerOperation(() => SipParser.TryParse(Bye.AsSpan(), out var message, out _) ? message : null)
            .Should()
            .BeLessThanOrEqualTo(1_024);
    }

    [Fact]
    public void Routing_a_request_of_a_dialog_to_its_call_allocates_nothing()
    {
        var layer = new TransactionLayer(new NoUser(), new SipTimers(), new TransactionLimits());
        var calls = new SipTagTable<object>();
        calls.TryAdd("c07f3k2m", new object());
        Allocations
            .PerOperation(() =>
            {
                SipPeek.TryRead(Bye, out var peek);
                var isKnown = layer.TryAbsorb(in peek, TimeSpan.Zero);
                calls.TryFind(peek.ToTag, out var call);
                return isKnown || call is null
                    ? throw new InvalidOperationException("It is new, and its call is there.")
                    : call;
            })
            .Should()
            .Be(0);
    }

    [Fact]
    public void Writing_allocates_nothing_but_the_result()
    {
        var invite = SipSamples.Request(SipSamples.Invite);
        var output = new ArrayBufferWriter<byte>(4_096);
        Allocations
            .PerOperation(() =>
            {
                output.ResetWrittenCount();
                invite.WriteTo(output);
                return output;
            })
            .Should()
            .Be(0);
        Allocations.PerOperation(invite.ToBytes).Should().BeLessThanOrEqualTo(SipSamples.InviteBytes.Length + 32);
    }

    [Fact]
    public void A_header_set_from_an_interpolation_or_a_typed_value_makes_no_string()
    {
        var request = SipSamples.Request(SipSamples.Invite);
        var from = NameAddress.Parse("\"A\" <sip:a@example.com;lr>;tag=1");
        var port = 5060;
        Allocations
            .PerOperation(() =>
            {
                request.Headers.Set(SipHeaderId.Warning, $"399 192.0.2.1:{port} \"no\"");
                request.From = from;
                return request;
            })
            .Should()
            .Be(0);
        request.Headers["Warning"].Should().Be("399 192.0.2.1:5060 \"no\"");
    }

    [Fact]
    public void Noting_the_source_of_a_request_makes_no_string()
    {
        using var udp = new NoTransport();
        var flow = new SipFlow(udp, udp.LocalEndPoint, SipDestination.Udp(IPEndPoint.Parse("198.51.100.7:40000")));
        Allocations
            .PerOperation(() =>
            {
                SipParser.TryParsePooled(SipSamples.InviteBytes, out var message, out _);
                ResponseRouting.StampSource((SipRequest)message!, flow);
                message!.Release();
                return message;
            })
            .Should()
            .BeLessThanOrEqualTo(320, "the message object, and the side bytes with the new Via");
    }

    private sealed class NoUser : ITransactionUser
    {
        public bool Send(ReadOnlyMemory<byte> message, SipDestination destination) => true;

        public void OnRequest(SipTransactionId? id, SipRequest request, SipFlow flow) { }

        public void OnCancel(SipTransactionId invite, SipRequest cancel) { }

        public void OnResponse(SipTransactionId id, SipResponse response) { }

        public void OnEnded(SipTransactionId id, SipTransactionEnd end) { }
    }

    private sealed class NoTransport : ISipTransport, IDisposable
    {
        public string Name => "UDP";

        public bool IsReliable => false;

        public IPEndPoint LocalEndPoint { get; } = IPEndPoint.Parse("192.0.2.1:5060");

        public SipTransportCounters Counters { get; } = new();

        public void Start(ISipTransportReceiver receiver) { }

        public IPEndPoint AdvertisedFor(SipDestination destination) => LocalEndPoint;

        public bool TrySend(ReadOnlySpan<byte> message, SipDestination destination) => true;

        public ValueTask DisposeAsync() => default;

        public void Dispose() { }
    }
}
