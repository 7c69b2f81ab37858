using System.Collections.Concurrent;
using System.Net;
using OCPlatform.Sip.Tests.Endpoint;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

/// <summary>An endpoint over one or several transports, with a core that answers every request with 200.</summary>
internal sealed class Station : IAsyncDisposable
{
    public Station(params ISipTransport[] transports)
    {
        Transports = transports;
        Endpoint = new SipEndpoint(Options, transports, Core);
        Core.RequestScript = request =>
        {
            if (request.TransactionId is { } id)
            {
                Endpoint.Respond(id, SipResponse.Create(request.Request, 200, toTag: "station"));
            }
        };
        Endpoint.Start();
    }

    public static SipEndpointOptions Options => new();

    public RecordingHandler Core { get; } = new();

    public SipEndpoint Endpoint { get; }

    public ISipTransport[] Transports { get; }

    public IPEndPoint Local => Transports[0].LocalEndPoint;

    /// <summary>This station as another one reaches it.</summary>
    public SipDestination Address(string? serverName = null) => new(Transports[0].Name, Local, serverName);

    /// <summary>Sends OPTIONS; the status that comes back, or how the transaction ended without one.</summary>
    public async Task<string> AskAsync(SipDestination destination, Action<SipRequest>? change = null)
    {
        var request = SipRequest.Create(
            "OPTIONS",
            SipUri.Parse("sip:b@example.com"),
            NameAddress.Parse("<sip:a@example.com>;tag=1"),
            NameAddress.Parse("<sip:b@example.com>"),
            Guid.NewGuid().ToString("N"),
            1
        );
        change?.Invoke(request);
        var id = Endpoint.SendRequest(request, destination)!.Value;
        return await Core.NextAsync<object>(e => IdOf(e) == id) switch
        {
            (SipTransactionId, SipResponse response) => response.StatusCode.ToString(),
            (SipTransactionId, SipTransactionEnd end) => end.ToString(),
            var other => throw new InvalidOperationException($"{other}"),
        };
    }

    private static SipTransactionId? IdOf(object e) =>
        e switch
        {
            (SipTransactionId id, SipResponse) => id,
            (SipTransactionId id, SipTransactionEnd) => id,
            _ => null,
        };

    public async ValueTask DisposeAsync()
    {
        await Endpoint.DisposeAsync();
        Endpoint.Counters.LoopExceptions.Should().Be(0);
        Endpoint.Counters.HandlerExceptions.Should().Be(0);
    }
}

/// <summary>A receiver that keeps what comes, without an endpoint.</summary>
internal sealed class Inbox : ISipTransportReceiver
{
    public ConcurrentQueue<(byte[] Message, SipFlow Flow)> Received { get; } = new();

    public ConcurrentQueue<SipDestination> Failed { get; } = new();

    public bool HasRoom { get; set; } = true;

    public void OnReceived(ReadOnlySpan<byte> message, SipFlow flow) => Received.Enqueue((message.ToArray(), flow));

    public void OnTransportFailed(SipDestination destination) => Failed.Enqueue(destination);
}

internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Waits until the condition holds; fails when it does not within the patience of a slow machine.</summary>
    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(since).Should().BeLessThan(Patience, "{0} was awaited", what);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
