using System.Net;
using System.Threading.Channels;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Messages.Torture;

/// <summary>
/// Every condition of RFC 4475 and RFC 5118, in messages of our own, graded as the RFCs ask: by what the parser reads, and by what a real endpoint
/// with a core that inspects requests as RFC 3261 §8.2 says sends back.
/// </summary>
public class TortureTests
{
    private static readonly TortureCase[] Corpus =
    [
        .. Rfc4475Valid.All(),
        .. Rfc4475Invalid.All(),
        .. Rfc4475Semantics.All(),
        .. Rfc5118.All(),
    ];

    private static IEnumerable<string> Sections() =>
        [
            .. Numbered("4475", "3.1.1", 13),
            .. Numbered("4475", "3.1.2", 19),
            .. Numbered("4475", "3.2", 1),
            .. Numbered("4475", "3.3", 15),
            .. Numbered("4475", "3.4", 1),
            .. Numbered("5118", "4", 10),
        ];

    private static IEnumerable<string> Numbered(string rfc, string section, int count) =>
        Enumerable.Range(1, count).Select(i => $"RFC {rfc} §{section}.{i}");

    public static TheoryData<string> Titles() => [.. Corpus.Select(c => c.ToString())];

    private static TortureCase Find(string title) => Corpus.Single(c => c.ToString() == title);

    [Fact]
    public void No_section_of_either_RFC_is_missing() =>
        Corpus.Select(c => $"RFC {c.Rfc} §{c.Section}").Distinct().Should().BeEquivalentTo(Sections());

    [Theory]
    [MemberData(nameof(Titles))]
    public void A_message_is_read_or_refused_as_the_RFC_says(string title)
    {
        var torture = Find(title);
        var parsed = SipParser.TryParse(torture.Wire, out var message, out var error);
        if (torture.Reads is null)
        {
            parsed.Should().BeFalse();
            error!.Kind.Should().Be(torture.Error);
            return;
        }
        parsed.Should().BeTrue("it is valid, but: {0}", error);
        torture.Reads(message!);
        var again = SipParser.Parse(message!.ToBytes());
        torture.Reads(again);
        again.ToBytes().Should().Equal(message.ToBytes());
    }

    [Theory]
    [MemberData(nameof(Titles))]
    public void A_peek_reads_the_same_as_the_parser_or_leaves_the_message_to_it(string title)
    {
        var torture = Find(title);
        if (!SipPeek.TryRead(torture.Wire, out var peek) || !SipParser.TryParse(torture.Wire, out var message, out _))
        {
            return;
        }
        peek.IsRequest.Should().Be(message is SipRequest);
        peek.CSeqNumber.Should().Be(message.CSeq.Number);
        Text(peek.CSeqMethod).Should().Be(message.CSeq.Method);
        Text(peek.CallId).Should().Be(message.CallId);
        Text(peek.FromTag).Should().Be(message.From.Tag ?? "");
        Text(peek.ToTag).Should().Be(message.To.Tag ?? "");
        Text(peek.Branch).Should().Be(message.TopVia.Branch ?? "");
        peek.HasOneVia.Should().Be(message.Vias.Count == 1);
        if (message is SipRequest request)
        {
            (TransactionKey.ForServer(in peek) == TransactionKey.ForServer(request, request.Method)).Should().BeTrue();
        }

        static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
    }

    [Theory]
    [MemberData(nameof(Titles))]
    public async Task An_endpoint_answers_as_the_RFC_says_and_nothing_is_thrown(string title)
    {
        var torture = Find(title);
        await using var element = new Element();
        var answer = await element.AnswerToAsync(torture.Wire);

        answer?.StatusCode.Should().Be(torture.Answer);
        (answer is null).Should().Be(torture.Answer is null);
        element.Exceptions.Should().BeEmpty();
        switch (answer?.StatusCode)
        {
            case 420:
                answer.Headers["Unsupported"].Should().Be("nothingSupportsThis, nothingSupportsThisEither");
                break;
            case 415:
                answer.Headers["Accept"].Should().Contain("application/sdp");
                break;
            case 501:
                answer.Allow.Should().Contain("INVITE");
                break;
        }
    }

    /// <summary>An endpoint whose core inspects requests and takes those that pass it.</summary>
    private sealed class Element : ISipTransport, ISipHandler
    {
        private static readonly IPEndPoint Here = new(IPAddress.Parse("192.0.2.254"), 5060);
        private static readonly IPEndPoint There = new(IPAddress.Parse("192.0.2.99"), 5060);
        private static readonly RequestInspection Inspection = new()
        {
            Methods = ["INVITE", "BYE", "OPTIONS", "REGISTER", "MESSAGE"],
            BodyTypes = ["application/sdp", "text/plain", "application/octet-stream"],
        };

        private readonly Channel<byte[]> _sent = Channel.CreateUnbounded<byte[]>();
        private readonly SipEndpoint _endpoint;
        private ISipTransportReceiver _receiver = null!;
        private int _stopped;

        public Element()
        {
            _endpoint = new SipEndpoint(new() { OnHandlerException = Exceptions.Add }, [this], this);
            _endpoint.Start();
        }

        public List<Exception> Exceptions { get; } = [];

        /// <summary>What is sent before the answer to a harmless request that follows; null when nothing is.</summary>
        public async Task<SipResponse?> AnswerToAsync(byte[] wire)
        {
            var flow = new SipFlow(this, Here, SipDestination.Udp(There));
            _receiver.OnReceived(wire, flow);
            _receiver.OnReceived(
                TortureCase.Request(
                    "OPTIONS sip:ping@example.com SIP/2.0",
                    "Call-ID: ping\nVia: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bK.ping\n",
                    without: "Call-ID Via"
                ),
                flow
            );
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            SipResponse? answer = null;
            while (true)
            {
                var response = (SipResponse)SipParser.Parse(Complete(await _sent.Reader.ReadAsync(deadline.Token)));
                if (response.CallId == "ping")
                {
                    return answer;
                }
                answer.Should().BeNull("one message has one answer");
                answer = response;
            }
        }

        /// <summary>A refusal mirrors what the request lacked; for reading it here the gaps are filled and odd values replaced.</summary>
        private static byte[] Complete(byte[] response)
        {
            if (SipParser.TryParse(response, out _, out _))
            {
                return response;
            }
            var text = System.Text.Encoding.Latin1.GetString(response);
            return SipSamples.Bytes(SipSamples.Wire(SipSamples.Minimal(text.Split("\r\n")[0], method: "INVITE")));
        }

        string ISipTransport.Name => "UDP";

        bool ISipTransport.IsReliable => false;

        IPEndPoint ISipTransport.LocalEndPoint => Here;

        SipTransportCounters ISipTransport.Counters { get; } = new();

        void ISipTransport.Start(ISipTransportReceiver receiver) => _receiver = receiver;

        IPEndPoint ISipTransport.AdvertisedFor(SipDestination destination) => Here;

        bool ISipTransport.TrySend(ReadOnlySpan<byte> message, SipDestination destination) =>
            _sent.Writer.TryWrite(message.ToArray());

        void ISipHandler.OnRequest(SipServerRequest request)
        {
            if (request.TransactionId is { } id)
            {
                _endpoint.Respond(id, Inspection.Refuse(request.Request) ?? SipResponse.Create(request.Request, 200));
            }
        }

        void ISipHandler.OnCancel(SipTransactionId invite, SipRequest cancel) { }

        void ISipHandler.OnResponse(SipTransactionId client, SipResponse response) { }

        void ISipHandler.OnTransactionEnded(SipTransactionId id, SipTransactionEnd end) { }

        /// <summary>The test disposes the element, and the endpoint disposes it again as its transport.</summary>
        public ValueTask DisposeAsync() =>
            Interlocked.Exchange(ref _stopped, 1) == 0 ? _endpoint.DisposeAsync() : default;
    }
}
