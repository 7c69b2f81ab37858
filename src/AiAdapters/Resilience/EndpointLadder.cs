using Grpc.Core;
using Grpc.Net.Client;

namespace OCPlatform.AiAdapters.Resilience;

/// <summary>One gRPC endpoint with its breaker.</summary>
public sealed class Endpoint(Uri address, GrpcChannel channel, CircuitBreaker breaker)
{
    public Uri Address { get; } = address;
    public CircuitBreaker Breaker { get; } = breaker;
    public CallInvoker Invoker { get; } = channel.CreateCallInvoker();
}

/// <summary>
/// Endpoints in order of preference. Every request starts at the top, so that the preferred one is back in use as soon as
/// its breaker lets one request through and that one succeeds.
/// </summary>
public sealed class EndpointLadder : IDisposable
{
    private readonly List<GrpcChannel> _channels = [];

    public EndpointLadder(
        IEnumerable<string> addresses,
        SpeechBreakerOptions breaker,
        TimeProvider time,
        HttpMessageHandler? handler = null
    )
    {
        var endpoints = new List<Endpoint>();
        foreach (var address in addresses)
        {
            var uri = new Uri(address);
            var channel = GrpcChannel.ForAddress(
                uri,
                new GrpcChannelOptions
                {
                    HttpHandler = handler ?? NewHandler(),
                    DisposeHttpClient = handler is null,
                    MaxReceiveMessageSize = 64 << 20,
                }
            );
            _channels.Add(channel);
            endpoints.Add(new Endpoint(uri, channel, new CircuitBreaker(breaker, time)));
        }

        Endpoints = endpoints;
    }

    public IReadOnlyList<Endpoint> Endpoints { get; }

    /// <summary>The first endpoint at or after rung <paramref name="from"/> that takes a request, with its rung.</summary>
    public Endpoint? TryEnter(int from, out int rung)
    {
        for (rung = from; rung < Endpoints.Count; rung++)
        {
            if (Endpoints[rung].Breaker.TryEnter())
                return Endpoints[rung];
        }

        return null;
    }

    /// <summary>Whether a failure tells something about the endpoint, and not about the request or its caller.</summary>
    public static bool IsEndpointFault(StatusCode code) =>
        code is not (StatusCode.InvalidArgument or StatusCode.Cancelled or StatusCode.OutOfRange);

    public void Dispose()
    {
        foreach (var channel in _channels)
            channel.Dispose();
    }

    private static SocketsHttpHandler NewHandler() =>
        new()
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(1),
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
}
