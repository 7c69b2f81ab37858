using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Sip;

namespace OCPlatform.Host.Http;

/// <summary>A call to place. To is a SIP or tel URI, an E.164 number, or a registered phone's address.</summary>
public sealed record PlaceCall(
    string? To,
    string? From,
    string? Trunk,
    string? Agent,
    int? RingSeconds,
    string? Replaces
);

/// <summary>The call that was begun; its record tells how it goes.</summary>
public sealed record PlacedCall(CallId Id);

public sealed record RingCall(bool EarlyMedia);

public sealed record RejectCall(int Status, string? Cause, string? Contact);

/// <summary>Target: URI or number. Consultation: the id of another live call whose peer takes over (attended).</summary>
public sealed record TransferCall(string? Target, string? Consultation);

public sealed record ReplaceCall(string? Target, string? Trunk, string? Replaces);

public sealed record SendDigits(string? Digits, int DurationMs = 160);

/// <summary>`POST /api/calls` and `POST /api/calls/{id}/…`: what can be asked of a call, answered when it is done.</summary>
public static class CallVerbsApi
{
    // Longer than any SIP transaction (32 s), shorter than what proxies and clients wait for.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(50);

    public static IEndpointRouteBuilder MapCallVerbs(this IEndpointRouteBuilder routes)
    {
        var calls = routes.MapGroup("/api/calls").WithTags("Calls");
        calls
            .MapPost("", Place)
            .WithName("PlaceCall")
            .WithSummary("Places a call; its record tells what becomes of it.")
            .ProducesProblem(400);
        calls.MapVerb(
            "ring",
            "Lets it ring, or gives early media.",
            (CallId id, RingCall b) => new CallCommands.Ring(id, b.EarlyMedia)
        );
        calls.MapVerb("answer", "Answers a ringing call.", id => new CallCommands.Answer(id));
        calls.MapVerb(
            "reject",
            "Refuses a ringing call.",
            (CallId id, RejectCall b) =>
                new CallCommands.Reject(id, Within(b.Status, 300, 699, "status"), b.Cause, UriOrNone(b.Contact))
        );
        calls.MapVerb("hangup", "Ends a call.", id => new CallCommands.HangUp(id, ByOperator));
        calls.MapVerb("hold", "Puts the other side on hold.", id => new CallCommands.Hold(id));
        calls.MapVerb("resume", "Ends the hold.", id => new CallCommands.Resume(id));
        calls.MapVerb(
            "transfer",
            "Asks the other side to call somebody else (REFER), blind or attended.",
            (CallId id, TransferCall b) => new CallCommands.Transfer(id, b.Target ?? "", CallOrNone(b.Consultation))
        );
        calls.MapVerb(
            "replace",
            "Connects the conversation to somebody else.",
            (CallId id, ReplaceCall b) => new CallCommands.Replace(id, Given(b.Target, "target"), b.Trunk, b.Replaces)
        );
        calls.MapVerb(
            "digits",
            "Sends DTMF digits.",
            (CallId id, SendDigits b) =>
                new CallCommands.SendDigits(
                    id,
                    Given(b.Digits, "digits"),
                    Within(b.DurationMs, 40, 6_000, "durationMs")
                )
        );
        calls.MapVerb("refresh", "Asks whether the other side is still there.", id => new CallCommands.Refresh(id));
        return routes;
    }

    private static EndCause ByOperator => new(EndedBy.Operator, EndReason.HungUp, null, "hung up by the API");

    private static Results<Accepted<PlacedCall>, ProblemHttpResult> Place(
        PlaceCall place,
        [FromServices] IRequiredActor<CallRegion> calls,
        [FromServices] ICallPlacement placement,
        [FromServices] NewCalls newCalls
    )
    {
        if (newCalls.RefusedBecause is { } refused)
        {
            return TypedResults.Problem(statusCode: 503, detail: $"No calls are placed now: {refused}.");
        }
        var id = placement.NewCall();
        CallCommands.Place command;
        try
        {
            command = new CallCommands.Place(
                id,
                Given(place.To, "to"),
                place.From,
                place.Trunk,
                place.Agent,
                place.RingSeconds is { } seconds ? Within(seconds, 1, 600, "ringSeconds") : null,
                place.Replaces
            );
        }
        catch (WrongBodyException wrong)
        {
            return TypedResults.Problem(statusCode: 400, detail: wrong.Message);
        }
        calls.ActorRef.Tell(command);
        return TypedResults.Accepted($"/api/calls/{id}", new PlacedCall(id));
    }

    private static void MapVerb(
        this RouteGroupBuilder calls,
        string verb,
        string summary,
        Func<CallId, ICallMessage> command
    ) =>
        calls
            .MapPost(
                $"{{id}}/{verb}",
                (string id, [FromServices] IRequiredActor<CallRegion> region, CancellationToken cancellation) =>
                    AskAsync(id, command, region, cancellation)
            )
            .Describe(verb, summary);

    private static void MapVerb<TBody>(
        this RouteGroupBuilder calls,
        string verb,
        string summary,
        Func<CallId, TBody, ICallMessage> command
    ) =>
        calls
            .MapPost(
                $"{{id}}/{verb}",
                (
                    string id,
                    [FromBody] TBody body,
                    [FromServices] IRequiredActor<CallRegion> region,
                    CancellationToken cancellation
                ) => AskAsync(id, call => command(call, body), region, cancellation)
            )
            .Describe(verb, summary);

    private static void Describe(this RouteHandlerBuilder route, string verb, string summary) =>
        route
            .WithName($"Call{char.ToUpperInvariant(verb[0])}{verb[1..]}")
            .WithSummary(summary)
            .ProducesProblem(400)
            .ProducesProblem(409)
            .ProducesProblem(422)
            .ProducesProblem(504);

    /// <summary>Asks the call, and tells its outcome as HTTP does.</summary>
    internal static async Task<Results<Ok<CallOutcome>, ProblemHttpResult>> AskAsync(
        string id,
        Func<CallId, ICallMessage> command,
        IRequiredActor<CallRegion> region,
        CancellationToken cancellation
    )
    {
        if (!CallId.TryParse(id, out var call))
        {
            return TypedResults.Problem(statusCode: 400, detail: $"'{id}' is not the id of a call.");
        }
        try
        {
            var outcome = await region.ActorRef.Ask<CallOutcome>(command(call), Deadline, cancellation);
            return outcome.Result switch
            {
                CallVerbResult.Done => TypedResults.Ok(outcome),
                CallVerbResult.NotPossible => Problem(409, outcome),
                CallVerbResult.Refused => Problem(422, outcome),
                _ => Problem(504, outcome),
            };
        }
        catch (WrongBodyException wrong)
        {
            return TypedResults.Problem(statusCode: 400, detail: wrong.Message);
        }
        catch (AskTimeoutException)
        {
            return TypedResults.Problem(
                statusCode: 504,
                detail: $"Call {call} gave no answer in {Deadline.TotalSeconds} s."
            );
        }
    }

    /// <summary>What a body says cannot be asked of a call.</summary>
    private sealed class WrongBodyException(string message) : Exception(message);

    private static string Given(string? value, string name) =>
        string.IsNullOrWhiteSpace(value) ? throw new WrongBodyException($"'{name}' is missing.") : value;

    private static int Within(int value, int least, int most, string name) =>
        value >= least && value <= most
            ? value
            : throw new WrongBodyException($"'{name}' must be from {least} to {most}, not {value}.");

    private static string? UriOrNone(string? text) =>
        text is null || SipUri.TryParse(text, out _) ? text : throw new WrongBodyException("'contact' is no URI.");

    private static CallId? CallOrNone(string? text) =>
        text is null ? null
        : CallId.TryParse(text, out var id) ? id
        : throw new WrongBodyException($"'{text}' is not the id of a call.");

    private static ProblemHttpResult Problem(int status, CallOutcome outcome) =>
        TypedResults.Problem(
            statusCode: status,
            detail: outcome.Detail,
            extensions: new Dictionary<string, object?>
            {
                ["verb"] = outcome.Verb,
                ["result"] = outcome.Result,
                ["sipStatus"] = outcome.SipStatus,
            }
        );
}
