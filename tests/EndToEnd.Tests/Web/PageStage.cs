using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Gateways.Chat;

namespace OCPlatform.EndToEnd.Tests.Web;

/// <summary>
/// The built page and the real chat gateway before a scripted agent and made-up calls: here a test can break the
/// connection in the middle of a word, and the pictures show every state there is.
/// </summary>
public sealed class PageStage : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly ConcurrentBag<HttpContext> _chats;
    private readonly IActorRef _agent;

    private PageStage(WebApplication app, string folder, ConcurrentBag<HttpContext> chats, IActorRef agent)
    {
        _app = app;
        _folder = folder;
        _chats = chats;
        _agent = agent;
        Url = app.Urls.Single();
    }

    public string Url { get; }

    /// <summary>New chat connections are refused while this is true.</summary>
    public bool IsClosed { get; set; }

    public static async Task<PageStage> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("ocp-page-").FullName;
        var chats = new ConcurrentBag<HttpContext>();
        PageStage? stage = null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddChatGateway(new ChatOptions { TokenKeyFile = Path.Combine(folder, "chat.key") });
        IActorRef agent = ActorRefs.Nobody;
        builder.Services.AddAkka(
            $"stage-{Guid.NewGuid():N}",
            akka =>
                akka.WithActors(
                        (system, registry) =>
                        {
                            agent = system.ActorOf(Props.Create<ScriptedAgent>());
                            registry.Register<ConversationRegion>(agent);
                        }
                    )
                    .AddChatGatewayActor()
        );
        var app = builder.Build();
        var files = new PhysicalFileProvider(Path.Combine(Repository.Root, "web", "dist"));
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files });
        app.UseWebSockets();
        app.Use(
            (context, next) =>
            {
                if (context.Request.Path != "/chat")
                {
                    return next(context);
                }
                if (stage!.IsClosed)
                {
                    context.Abort();
                    return Task.CompletedTask;
                }
                chats.Add(context);
                return next(context);
            }
        );
        app.MapChat();
        app.MapGet("/api/calls", () => Results.Json(new { calls = Calls() }, WireSerializer.Json));
        app.MapGet(
            "/api/calls/{id}",
            (string id) => Results.Json(Calls().Single(call => call.Id.Value == id), WireSerializer.Json)
        );
        app.MapGet(
            "/sip/status",
            () =>
                Results.Json(
                    new
                    {
                        node = "stage",
                        bound = true,
                        local = "0.0.0.0:5060",
                        liveCalls = 2,
                        maxCalls = 500,
                        trunks = Array.Empty<string>(),
                    }
                )
        );
        await app.StartAsync();
        return stage = new PageStage(app, folder, chats, agent);
    }

    /// <summary>Cuts every chat connection without a word, as a lost network does.</summary>
    public void CutChats()
    {
        while (_chats.TryTake(out var chat))
        {
            chat.Abort();
        }
    }

    /// <summary>Lets replies go on that stopped at a "|".</summary>
    public void GoOn() => _agent.Tell(new ScriptedAgent.GoOn());

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static readonly CallId FirstCall = CallId.New(1);
    private static readonly CallId SecondCall = CallId.New(2);
    private static readonly CallId ThirdCall = CallId.New(3);
    private static readonly DateTimeOffset Start = TimeProvider.System.GetUtcNow().AddSeconds(-84);

    private static List<CallRecord> Calls() =>
        [
            Talking(FirstCall, "\"Ann Weaver\" <sip:+4930123456@198.51.100.7>", Start) with
            {
                Quality = new MediaQuality(4200, 4180, 2, 0, 0, 3.1, 40),
            },
            Fold(
                Received(SecondCall, "<sip:+15550100@198.51.100.7>", Start.AddSeconds(80)),
                new CallEvents.Ringing(SecondCall, Start.AddSeconds(80.1))
            ),
            Fold(
                Talking(ThirdCall, "<sip:baresip@127.0.0.1>", Start.AddMinutes(-9)),
                new CallEvents.Ended(
                    ThirdCall,
                    Start.AddMinutes(-7),
                    new EndCause(EndedBy.Caller, EndReason.HungUp, null, "BYE received"),
                    new MediaQuality(5912, 5980, 94, 3, 0, 14.2, 1880)
                )
            ),
        ];

    private static CallRecord Talking(CallId id, string from, DateTimeOffset at) =>
        Fold(
            Received(id, from, at),
            new CallEvents.SipExchanged(id, at, true, "INVITE sip:frontdesk@203.0.113.9 SIP/2.0", "1 INVITE"),
            new CallEvents.SipExchanged(id, at, false, "SIP/2.0 100 Trying", "1 INVITE"),
            new CallEvents.SipExchanged(id, at.AddMilliseconds(12), false, "SIP/2.0 180 Ringing", "1 INVITE"),
            new CallEvents.SipExchanged(id, at.AddMilliseconds(40), false, "SIP/2.0 200 OK", "1 INVITE"),
            new CallEvents.SipExchanged(id, at.AddMilliseconds(61), true, "ACK sip:c123@203.0.113.9 SIP/2.0", "1 ACK"),
            new CallEvents.Answered(id, at.AddMilliseconds(40), "pcmu", "", ""),
            new CallEvents.Confirmed(id, at.AddMilliseconds(61)),
            new CallEvents.TurnSpoken(
                id,
                at.AddSeconds(4),
                Speaker.Agent,
                ScriptedAgent.Greeting,
                at.AddSeconds(1),
                at.AddSeconds(4),
                null,
                false
            ),
            new CallEvents.TurnSpoken(
                id,
                at.AddSeconds(9),
                Speaker.User,
                "i would like to book an appointment for tuesday at three pm",
                at.AddSeconds(5),
                at.AddSeconds(9),
                null,
                false
            ),
            new CallEvents.TurnSpoken(
                id,
                at.AddSeconds(13),
                Speaker.Agent,
                "Tuesday at three in the afternoon is free. What name shall I put it under?",
                at.AddSeconds(10),
                at.AddSeconds(13),
                740,
                false
            )
        );

    private static CallRecord Received(CallId id, string from, DateTimeOffset at) =>
        CallRecord.Open(
            new CallEvents.Received(
                id,
                at,
                CallDirection.Inbound,
                from,
                "<sip:frontdesk@203.0.113.9>",
                "carrier",
                "stage",
                "198.51.100.7:5060",
                "a84b4c76e66710"
            )
        );

    private static CallRecord Fold(CallRecord record, params ICallEvent[] events) =>
        events.Aggregate(record, CallRecord.Apply);
}
