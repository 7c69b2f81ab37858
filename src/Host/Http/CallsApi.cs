using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCPlatform.Contracts.Calls;

namespace OCPlatform.Host.Http;

/// <summary>The calls, newest first.</summary>
public sealed record CallList(IReadOnlyList<CallRecord> Calls);

/// <summary>`/api/calls`: every call, live and past, as one record.</summary>
public static class CallsApi
{
    private const int DefaultLimit = 100;
    private const int GreatestLimit = 1000;

    public static IEndpointRouteBuilder MapCallsApi(this IEndpointRouteBuilder routes)
    {
        var calls = routes.MapGroup("/api/calls").WithTags("Calls");
        calls.MapGet("", ListAsync).WithName("ListCalls").WithSummary("Calls, newest first.").ProducesProblem(400);
        calls
            .MapGet("{id}", GetAsync)
            .WithName("GetCall")
            .WithSummary("One call with its turns, its SIP ladder and its audio figures.")
            .ProducesProblem(400)
            .ProducesProblem(404);
        return routes;
    }

    private static async Task<Results<Ok<CallList>, ProblemHttpResult>> ListAsync(
        [FromServices] ICallRecords records,
        CancellationToken cancellation,
        [Description("Only calls that have not ended.")] bool live = false,
        [Description("At most this many, 1 to 1000.")] int limit = DefaultLimit
    ) =>
        limit is < 1 or > GreatestLimit
            ? TypedResults.Problem(statusCode: 400, detail: $"limit must be from 1 to {GreatestLimit}.")
            : TypedResults.Ok(new CallList(await records.ListAsync(limit, live, cancellation)));

    private static async Task<Results<Ok<CallRecord>, ProblemHttpResult>> GetAsync(
        string id,
        [FromServices] ICallRecords records,
        CancellationToken cancellation
    )
    {
        if (!CallId.TryParse(id, out var callId))
        {
            return TypedResults.Problem(statusCode: 400, detail: $"'{id}' is not the id of a call.");
        }
        return await records.GetAsync(callId, cancellation) is { } record
            ? TypedResults.Ok(record)
            : TypedResults.Problem(statusCode: 404, detail: $"There is no call {callId}.");
    }
}
