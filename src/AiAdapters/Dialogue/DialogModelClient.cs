using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.AiAdapters.Dialogue;

/// <summary>
/// A dialogue model on the other side of gRPC. Every wait has a deadline; whatever goes wrong surfaces as one
/// <see cref="DialogModelException"/>, so that the conversation can say something else in time. One instance serves all
/// conversations.
/// </summary>
public sealed class DialogModelClient : IDialogModel, IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly DialogModel.DialogModelClient _client;
    private readonly DialogModelClientOptions _options;
    private readonly TimeProvider _time;

    /// <param name="handler">For tests: the transport.</param>
    public DialogModelClient(DialogModelClientOptions options, TimeProvider time, HttpMessageHandler? handler = null)
    {
        _options = options;
        _time = time;
        _channel = GrpcChannel.ForAddress(
            options.Address,
            new GrpcChannelOptions
            {
                HttpHandler =
                    handler
                    ?? new SocketsHttpHandler
                    {
                        EnableMultipleHttp2Connections = true,
                        ConnectTimeout = TimeSpan.FromSeconds(1),
                        KeepAlivePingDelay = TimeSpan.FromSeconds(15),
                        KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                    },
                DisposeHttpClient = handler is null,
            }
        );
        _client = new DialogModel.DialogModelClient(_channel);
    }

    public async IAsyncEnumerable<RespondResponse> RespondAsync(
        RespondRequest request,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        using var step = new CancellationTokenSource(Ms(_options.StepDeadlineMs), _time);
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellation, step.Token);
        using var call = _client.Respond(request, cancellationToken: all.Token);
        var patienceMs = _options.FirstResponseDeadlineMs;
        while (await NextAsync(call, patienceMs, all.Token, cancellation))
        {
            yield return call.ResponseStream.Current;
            patienceMs = _options.NextResponseDeadlineMs;
        }
    }

    private async Task<bool> NextAsync(
        AsyncServerStreamingCall<RespondResponse> call,
        int patienceMs,
        CancellationToken all,
        CancellationToken caller
    )
    {
        using var patience = new CancellationTokenSource(Ms(patienceMs), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(all, patience.Token);
        try
        {
            return await call.ResponseStream.MoveNext(either.Token);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or IOException)
        {
            caller.ThrowIfCancellationRequested();
            if (patience.IsCancellationRequested || all.IsCancellationRequested)
            {
                throw new DialogModelException($"The dialogue model at {_options.Address} took too long.", e);
            }
            var detail = e is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : e.Message;
            throw new DialogModelException($"The dialogue model at {_options.Address} failed: {detail}", e);
        }
    }

    public void Dispose() => _channel.Dispose();

    private static TimeSpan Ms(int value) => TimeSpan.FromMilliseconds(value);
}
