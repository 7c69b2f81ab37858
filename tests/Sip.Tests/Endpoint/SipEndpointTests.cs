using System.Net;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Endpoint;

/// <summary>An endpoint on real loopback UDP against a bare socket.</summary>
public sealed class SipEndpointTests : IAsyncLifetime
{
    private readonly RecordingHandler _core = new();
    private readonly SipEndpoint _endpoint;
    private readonly UdpTransport _udp = new(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
    private RawPeer _peer = null!;

    public SipEndpointTests() =>
        _endpoint = new SipEndpoint(
            new()
            {
                // Ten times quicker than the RFC's.
                Timers = new()
                {
                    T1Ms = 50,
                    T2Ms = 400,
                    T4Ms = 500,
                    TimerDMs = 3_200,
                    TryingAfterMs = 50,
                },
            },
            [_udp],
            _core
        );

    public Task InitializeAsync()
    {
        _endpoint.Start();
        _peer = new RawPeer(_udp.LocalEndPoint);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _peer.Dispose();
        await _endpoint.DisposeAsync();
        _endpoint.Counters.LoopExceptions.Should().Be(0);
    }

    private SipDestination ToPeer => SipDestination.Udp(new IPEndPoint(IPAddress.Loopback, _peer.Port));

    [Fact]
    public async Task A_request_is_reported_once_and_its_response_repeated()
    {
        _core.RequestScript = r =>
            _endpoint.Respond(r.TransactionId!.Value, SipResponse.Create(r.Request, 200, toTag: "here"));
        var request = _peer.Request("OPTIONS", "z9hG4bK1");
        _peer.Send(request);
        var first = await _peer.ReceiveTextAsync();
        _peer.Send(request);
        (await _peer.ReceiveTextAsync()).Should().Be(first);
        var reported = await _core.NextAsync<SipServerRequest>();
        reported.Remote.Port.Should().Be(_peer.Port);
        reported.Transport.Should().Be("UDP");
        reported.Request.TopVia.Received.Should().Be("127.0.0.1");
        reported.Request.TopVia.Rport.Should().Be(_peer.Port);
        SipSamples.Response(first).TopVia.Rport.Should().Be(_peer.Port);
    }

    [Fact]
    public async Task A_slow_core_gets_a_100_sent_for_it()
    {
        _peer.Send(_peer.Request("INVITE", "z9hG4bK2"));
        var trying = await _peer.ReceiveResponseAsync();
        trying.StatusCode.Should().Be(100);
        trying.To.Tag.Should().BeNull();
    }

    [Fact]
    public async Task The_ack_of_a_refusal_is_absorbed_and_that_of_a_2xx_passed_up()
    {
        _core.RequestScript = r =>
        {
            if (r.TransactionId is { } id)
            {
                _endpoint.Respond(
                    id,
                    SipResponse.Create(r.Request, r.Request.CallId == "refused" ? 486 : 200, toTag: "t")
                );
            }
        };
        _peer.Send(_peer.Request("INVITE", "z9hG4bK3", "refused"));
        (await _peer.ReceiveAnswerAsync()).StatusCode.Should().Be(486);
        _peer.Send(_peer.Request("ACK", "z9hG4bK3", "refused", toTag: ";tag=t"));
        _peer.Send(_peer.Request("INVITE", "z9hG4bK4", "taken"));
        (await _peer.ReceiveAsync<SipResponse>(r => r.CallId == "taken")).StatusCode.Should().Be(200);
        _peer.Send(_peer.Request("ACK", "z9hG4bK5", "taken", toTag: ";tag=t"));

        (await _core.NextAsync<SipServerRequest>()).Request.CallId.Should().Be("refused");
        (await _core.NextAsync<SipServerRequest>())
            .Request.Should()
            .Match<SipRequest>(r => r.CallId == "taken" && r.IsInvite);
        var ack = await _core.NextAsync<SipServerRequest>();
        ack.Request.Method.Should().Be("ACK");
        ack.TransactionId.Should().BeNull();
    }

    [Fact]
    public async Task A_refusal_is_repeated_until_its_ack_then_the_transaction_completes()
    {
        _core.RequestScript = r =>
            _endpoint.Respond(r.TransactionId!.Value, SipResponse.Create(r.Request, 486, toTag: "t"));
        _peer.Send(_peer.Request("INVITE", "z9hG4bK6"));
        for (var i = 0; i < 3; i++)
        {
            (await _peer.ReceiveAnswerAsync()).StatusCode.Should().Be(486);
        }
        _peer.Send(_peer.Request("ACK", "z9hG4bK6", toTag: ";tag=t"));
        (await _core.NextAsync<(SipTransactionId, SipTransactionEnd End)>())
            .End.Should()
            .Be(SipTransactionEnd.Completed);
    }

    [Fact]
    public async Task Cancel_is_answered_200_and_reported_and_481_when_nothing_matches()
    {
        _core.RequestScript = r =>
            _endpoint.Respond(r.TransactionId!.Value, SipResponse.Create(r.Request, 180, toTag: "t"));
        _peer.Send(_peer.Request("INVITE", "z9hG4bK7"));
        (await _peer.ReceiveAnswerAsync()).StatusCode.Should().Be(180);
        var invite = await _core.NextAsync<SipServerRequest>();

        _peer.Send(_peer.Request("CANCEL", "z9hG4bK7"));
        var ok = await _peer.ReceiveResponseAsync();
        (ok.StatusCode, ok.CSeq.Method, ok.To.Tag).Should().Be((200, "CANCEL", "t"));
        var (cancelled, cancel) = await _core.NextAsync<(SipTransactionId Cancelled, SipRequest Cancel)>();
        cancelled.Should().Be(invite.TransactionId!.Value);
        _endpoint.Respond(cancelled, SipResponse.Create(invite.Request, 487, toTag: "t"));
        (await _peer.ReceiveResponseAsync()).StatusCode.Should().Be(487);

        _peer.Send(_peer.Request("CANCEL", "z9hG4bKnothing"));
        var none = await _peer.ReceiveAsync<SipResponse>(r => r.CSeq.Method == "CANCEL");
        none.StatusCode.Should().Be(481);
    }

    [Fact]
    public async Task A_client_transaction_repeats_its_request_and_reports_response_and_end()
    {
        var id = _endpoint.SendRequest(NewRequest("OPTIONS"), ToPeer);
        var first = await _peer.ReceiveRequestAsync();
        var second = await _peer.ReceiveRequestAsync();
        second.ToString().Should().Be(first.ToString());
        first.TopVia.HasMagicCookie.Should().BeTrue();
        first.TopVia.Port.Should().Be(_udp.LocalEndPoint.Port);
        var misrouted = SipResponse.Create(first, 200);
        misrouted.Headers.Add("Via", "SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKother");
        _peer.Send(misrouted.ToBytes());
        _peer.Send(SipResponse.Create(first, 404).ToBytes());
        var (client, response) = await _core.NextAsync<(SipTransactionId Client, SipResponse Response)>();
        client.Should().Be(id!.Value);
        response.StatusCode.Should().Be(404);
        (await _core.NextAsync<(SipTransactionId Id, SipTransactionEnd End)>())
            .Should()
            .Be((id.Value, SipTransactionEnd.Completed));
    }

    [Fact]
    public async Task An_unanswered_request_times_out()
    {
        var id = _endpoint.SendRequest(NewRequest("OPTIONS"), ToPeer);
        (await _core.NextAsync<(SipTransactionId Id, SipTransactionEnd End)>())
            .Should()
            .Be((id!.Value, SipTransactionEnd.Timeout));
    }

    [Fact]
    public async Task Cancel_waits_for_a_provisional_response()
    {
        var id = _endpoint.SendRequest(NewRequest("INVITE"), ToPeer)!.Value;
        _endpoint.Cancel(id);
        var invite = await _peer.ReceiveRequestAsync();
        (await _peer.ReceiveRequestAsync()).Method.Should().Be("INVITE", "CANCEL must not overtake the first response");
        _peer.Send(SipResponse.Create(invite, 180, toTag: "t").ToBytes());
        var cancel = await _peer.ReceiveAsync<SipRequest>(r => r.Method != "INVITE");
        cancel.Method.Should().Be("CANCEL");
        cancel.TopVia.Branch.Should().Be(invite.TopVia.Branch);
        cancel.CSeq.Number.Should().Be(invite.CSeq.Number);
        cancel.To.Tag.Should().BeNull();
        _peer.Send(SipResponse.Create(cancel, 200, toTag: "t").ToBytes());
        _peer.Send(SipResponse.Create(invite, 487, toTag: "t").ToBytes());
        var ack = await _peer.ReceiveAsync<SipRequest>(r => r.Method == "ACK");
        (ack.Method, ack.To.Tag, ack.TopVia.Branch).Should().Be(("ACK", "t", invite.TopVia.Branch));
        var responses = new List<int>();
        for (var i = 0; i < 2; i++)
        {
            responses.Add((await _core.NextAsync<(SipTransactionId, SipResponse Response)>()).Response.StatusCode);
        }
        responses.Should().Equal([180, 487], "the answer to CANCEL is the layer's own affair");
    }

    [Fact]
    public async Task A_malformed_request_is_answered_and_garbage_costs_only_itself()
    {
        _peer.Send("\n\n"u8.ToArray());
        _peer.Send([0, 0, 0, 0]);
        _peer.Send([0x80, 0x00, 0xff, 0xfe]);
        _peer.Send("OPTIONS sip:x SIP/2.0\n\n");
        _peer.Send(_peer.Request("OPTIONS", "z9hG4bK8", lines: "Max-Forwards: 71\n"));
        var bad = await _peer.ReceiveResponseAsync();
        (bad.StatusCode, bad.ReasonPhrase).Should().Be((400, "DuplicateHeader Max-Forwards"));
        _peer.Send(_peer.Request("OPTIONS", "z9hG4bK9").Replace("SIP/2.0\nVia", "SIP/4.0\nVia"));
        (await _peer.ReceiveResponseAsync()).StatusCode.Should().Be(505);
        _endpoint.Counters.Malformed.Should().Be(4);
        _udp.Counters.KeepAlives.Should().Be(2);
        _udp.Counters.Received.Should().Be(6);
    }

    [Fact]
    public async Task Without_rport_the_response_goes_to_the_port_of_sent_by()
    {
        using var other = new RawPeer(_udp.LocalEndPoint);
        _core.RequestScript = r => _endpoint.Respond(r.TransactionId!.Value, SipResponse.Create(r.Request, 200));
        other.Send(_peer.Request("OPTIONS", "z9hG4bK10", rport: false));
        var response = await _peer.ReceiveResponseAsync();
        response.TopVia.Received.Should().BeNull("source and sent-by are the same host");
    }

    [Fact]
    public async Task A_client_of_rfc_2543_without_magic_cookie_is_matched_too()
    {
        var seen = 0;
        _core.RequestScript = r =>
        {
            seen++;
            if (r.TransactionId is { } id)
            {
                _endpoint.Respond(id, SipResponse.Create(r.Request, 486, toTag: "t"));
            }
        };
        var invite = _peer.Request("INVITE", "1");
        _peer.Send(invite);
        (await _peer.ReceiveAnswerAsync()).StatusCode.Should().Be(486);
        _peer.Send(invite);
        (await _peer.ReceiveAnswerAsync()).StatusCode.Should().Be(486);
        _peer.Send(_peer.Request("ACK", "1", toTag: ";tag=t"));
        (await _core.NextAsync<(SipTransactionId, SipTransactionEnd End)>())
            .End.Should()
            .Be(SipTransactionEnd.Completed);
        seen.Should().Be(1);
    }

    [Fact]
    public async Task An_exception_of_the_core_stops_nothing()
    {
        _core.RequestScript = r =>
        {
            if (r.Request.CallId == "defect")
            {
                throw new InvalidOperationException("a defect of the core");
            }
            _endpoint.Respond(r.TransactionId!.Value, SipResponse.Create(r.Request, 200));
        };
        _peer.Send(_peer.Request("OPTIONS", "z9hG4bK11", "defect"));
        _peer.Send(_peer.Request("OPTIONS", "z9hG4bK12"));
        (await _peer.ReceiveResponseAsync()).StatusCode.Should().Be(200);
        _endpoint.Counters.HandlerExceptions.Should().Be(1);
    }

    [Fact]
    public async Task Over_the_limit_of_transactions_requests_get_503_with_retry_after()
    {
        await using var udp = new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        await using var small = new SipEndpoint(
            new()
            {
                Limits = new() { MaxServerTransactions = 1, RetryAfterSeconds = 7 },
            },
            [udp],
            _core
        );
        small.Start();
        using var peer = new RawPeer(udp.LocalEndPoint);
        peer.Send(peer.Request("OPTIONS", "z9hG4bK13"));
        await _core.NextAsync<SipServerRequest>();
        peer.Send(peer.Request("OPTIONS", "z9hG4bK14"));
        var busy = await peer.ReceiveResponseAsync();
        (busy.StatusCode, busy.RetryAfter).Should().Be((503, 7u));
    }

    [Fact]
    public async Task A_message_too_large_for_a_datagram_is_a_transport_error()
    {
        var request = NewRequest("MESSAGE");
        request.SetBody(new byte[66_000], "text/plain");
        var id = _endpoint.SendRequest(request, ToPeer);
        (await _core.NextAsync<(SipTransactionId Id, SipTransactionEnd End)>())
            .Should()
            .Be((id!.Value, SipTransactionEnd.TransportError));
        _udp.Counters.TooLarge.Should().Be(1);
    }

    [Fact]
    public void A_destination_without_transport_is_refused_at_once()
    {
        var tcp = () => _endpoint.SendRequest(NewRequest("OPTIONS"), new SipDestination("TCP", ToPeer.EndPoint));
        tcp.Should().Throw<ArgumentException>();
        var v6 = () =>
            _endpoint.SendRequest(
                NewRequest("OPTIONS"),
                SipDestination.Udp(new IPEndPoint(IPAddress.IPv6Loopback, 5060))
            );
        v6.Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task A_stopped_endpoint_refuses_commands_and_ends_what_was_open()
    {
        _peer.Send(_peer.Request("OPTIONS", "z9hG4bK15"));
        var request = await _core.NextAsync<SipServerRequest>();
        await _endpoint.DisposeAsync();
        (await _core.NextAsync<(SipTransactionId, SipTransactionEnd End)>()).End.Should().Be(SipTransactionEnd.Refused);
        _endpoint.Respond(request.TransactionId!.Value, SipResponse.Create(request.Request, 200)).Should().BeFalse();
        _endpoint.SendRequest(NewRequest("OPTIONS"), ToPeer).Should().BeNull();
    }

    [Fact]
    public async Task One_endpoint_serves_ipv4_and_ipv6()
    {
        await using var v4 = new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.Loopback, 0) });
        await using var v6 = new UdpTransport(new() { Bind = new IPEndPoint(IPAddress.IPv6Loopback, 0) });
        await using var endpoint = new SipEndpoint(new(), [v4, v6], _core);
        _core.RequestScript = r => endpoint.Respond(r.TransactionId!.Value, SipResponse.Create(r.Request, 200));
        endpoint.Start();
        foreach (var transport in new[] { v4, v6 })
        {
            using var peer = new RawPeer(transport.LocalEndPoint);
            peer.Send(peer.Request("OPTIONS", "z9hG4bK16"));
            (await peer.ReceiveResponseAsync()).TopVia.Received.Should().Be(transport.LocalEndPoint.Address.ToString());
            endpoint.SendRequest(
                NewRequest("OPTIONS"),
                SipDestination.Udp(new IPEndPoint(transport.LocalEndPoint.Address, peer.Port))
            );
            (await peer.ReceiveRequestAsync())
                .TopVia.Host.Should()
                .Be(transport.LocalEndPoint.Address.ToString().Bracketed());
        }
    }

    private static SipRequest NewRequest(string method) =>
        SipRequest.Create(method, SipUri.Parse("sip:bob@peer.example"), NameAddress.Parse("<sip:us@example.com>"));
}
