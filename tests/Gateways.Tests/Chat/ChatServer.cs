using System.Net.WebSockets;
using Akka.Hosting;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Gateways.Chat;

namespace OCPlatform.Gateways.Tests.Chat;

/// <summary>The chat gateway behind a real Kestrel on a port of its own; a probe stands for the conversations.</summary>
internal sealed class ChatServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;

    private ChatServer(WebApplication app, string folder, TestKit kit, TestProbe conversations, CapturedLog log)
    {
        _app = app;
        _folder = folder;
        Kit = kit;
        Conversations = conversations;
        Log = log;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Url = new Uri(address.Addresses.Single() + "/chat");
    }

    public Uri Url { get; }

    public TestKit Kit { get; }

    /// <summary>Stands for the conversations' shard region.</summary>
    public TestProbe Conversations { get; }

    public CapturedLog Log { get; }

    public ChatTokens Tokens => _app.Services.GetRequiredService<ChatTokens>();

    public static async Task<ChatServer> StartAsync(Action<ChatOptions>? configure = null)
    {
        var folder = Directory.CreateTempSubdirectory("ocp-chat-").FullName;
        var options = new ChatOptions { TokenKeyFile = Path.Combine(folder, "chat.key"), CloseTimeoutMs = 200 };
        configure?.Invoke(options);
        TestKit? kit = null;
        TestProbe? probe = null;
        var log = new CapturedLog();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddChatGateway(options);
        builder.Services.AddAkka(
            $"chat-{Guid.NewGuid():N}",
            akka =>
                akka.ConfigureLoggers(loggers => loggers.AddLoggerFactory())
                    .WithActors(
                        (system, registry) =>
                        {
                            kit = new TestKit(system);
                            probe = kit.CreateTestProbe();
                            registry.Register<ConversationRegion>(probe.Ref);
                        }
                    )
                    .AddChatGatewayActor()
        );
        var app = builder.Build();
        app.UseWebSockets();
        app.MapChat();
        await app.StartAsync();
        return new ChatServer(app, folder, kit!, probe!, log);
    }

    public async Task<ChatClient> ConnectAsync()
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(Url) { Scheme = "ws" }.Uri, ChatClient.Patience());
        return new ChatClient(socket);
    }

    /// <summary>A connected client whose conversation is open and has said nothing.</summary>
    public async Task<(ChatClient Client, FakeConversation Conversation, string Token)> OpenAsync()
    {
        var client = await ConnectAsync();
        await client.SendAsync(new { type = "open", version = 1 });
        var conversation = FakeConversation.ExpectNew(this);
        var token = (await client.ExpectAsync("opened")).GetProperty("token").GetString()!;
        (await client.ExpectAsync("typing")).GetProperty("active").GetBoolean().Should().BeTrue();
        return (client, conversation, token);
    }

    /// <summary>Stops like the platform does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>Everything that was logged.</summary>
internal sealed class CapturedLog : ILoggerProvider, ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        lock (_lines)
        {
            _lines.Add($"{formatter(state, exception)} {exception}");
        }
    }

    public void Dispose() { }
}
