using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OCPlatform.Gateways.Chat;

/// <summary>`/chat`: lets a client in or says why not, then ties its WebSocket to a session.</summary>
internal sealed class ChatEndpoint(
    ChatOptions options,
    ChatMetrics metrics,
    TimeProvider time,
    IRequiredActor<ChatGatewayKey> gateway,
    IHostApplicationLifetime lifetime,
    ILogger<ChatEndpoint> log
)
{
    private const string RetryAfterSeconds = "5";

    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(5);

    private readonly ChatAdmission _admission = new(options);

    public async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.Headers.Upgrade = "websocket";
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "Connect with a WebSocket.");
            return;
        }
        if (Admit(context, out var place) is { } refusal)
        {
            metrics.Refused(refusal);
            await RefuseAsync(context, refusal);
            return;
        }
        using (place)
        {
            metrics.Connected();
            try
            {
                await TalkAsync(context);
            }
            finally
            {
                metrics.Disconnected();
            }
        }
    }

    private ChatRefusal? Admit(HttpContext context, out IDisposable? place)
    {
        place = null;
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return ChatRefusal.Stopping;
        }
        return ChatOrigin.IsAllowed(
            context.Request.Headers.Origin,
            context.Request.Host.Value ?? "",
            options.AllowedOrigins
        )
            ? _admission.TryEnter(context.Connection.RemoteIpAddress, out place)
            : ChatRefusal.Origin;
    }

    private async Task TalkAsync(HttpContext context)
    {
        var socket = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext
            {
                KeepAliveInterval = TimeSpan.FromMilliseconds(options.PingIntervalMs),
                KeepAliveTimeout = TimeSpan.FromMilliseconds(options.PingTimeoutMs),
            }
        );
        using var connection = new ChatConnection(socket, options, metrics, time);
        await using var onStop = lifetime.ApplicationStopping.Register(() => connection.Close(ChatClose.GoingAway));
        IActorRef session;
        try
        {
            session = await gateway.ActorRef.Ask<IActorRef>(new ChatGateway.Join(connection), JoinTimeout);
        }
        catch (Exception e) when (e is AskTimeoutException or TaskCanceledException)
        {
            log.LogError(e, "The chat gateway does not answer");
            connection.Close(ChatClose.Unavailable);
            await connection.RunAsync(static _ => { });
            return;
        }
        try
        {
            await connection.RunAsync(message => session.Tell(message));
        }
        finally
        {
            session.Tell(ChatSessionActor.Gone.Instance);
        }
    }

    private static Task RefuseAsync(HttpContext context, ChatRefusal refusal)
    {
        var (status, cause) = refusal switch
        {
            ChatRefusal.Origin => (
                StatusCodes.Status403Forbidden,
                "Pages of this origin may not chat here. Set chat.allowedOrigins."
            ),
            ChatRefusal.SourceFull => (StatusCodes.Status429TooManyRequests, "Too many connections from your address."),
            ChatRefusal.Full => (StatusCodes.Status503ServiceUnavailable, "All places are taken; try again later."),
            ChatRefusal.Stopping => (StatusCodes.Status503ServiceUnavailable, "The platform is stopping."),
            _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "unknown refusal"),
        };
        if (refusal != ChatRefusal.Origin)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }
        return RefuseAsync(context, status, cause);
    }

    private static Task RefuseAsync(HttpContext context, int status, string cause) =>
        Results.Problem(statusCode: status, detail: cause).ExecuteAsync(context);
}
