using Akka.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCPlatform.CallActors.Captures;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Media.Capture;

namespace OCPlatform.Host.Http;

/// <summary>Keys: leave credentials and SRTP keys in SIP messages readable. MaxMegabytes: end earlier than configured.</summary>
public sealed record StartCapture(bool Keys = false, int? MaxMegabytes = null);

/// <summary>Match: a trunk's name, or the number or user that calls or is called. Count: the next so many calls.</summary>
public sealed record AwaitCapture(string? Match, int Count = 1, bool Keys = false);

/// <summary>Calls that are waited for, and the files, newest first.</summary>
public sealed record CaptureList(IReadOnlyList<AwaitedCapture> Waiting, IReadOnlyList<CaptureFile> Files);

/// <summary>
/// `/api/calls/{id}/capture` and `/api/captures`: SIP and RTP of single calls as pcapng, for Wireshark. The file lies on the
/// node that carries the call; the others do not know it.
/// </summary>
public static class CaptureApi
{
    private const string PcapngType = "application/x-pcapng";

    public static IEndpointRouteBuilder MapCaptureApi(this IEndpointRouteBuilder routes)
    {
        var calls = routes.MapGroup("/api/calls/{id}/capture").WithTags("Captures");
        calls
            .MapPost("", Start)
            .WithName("StartCapture")
            .WithSummary("Captures a call from now on.")
            .ProducesProblem(400)
            .ProducesProblem(409)
            .ProducesProblem(504);
        calls
            .MapDelete("", Stop)
            .WithName("StopCapture")
            .WithSummary("Ends the capture of a call; the file stays.")
            .ProducesProblem(400)
            .ProducesProblem(409)
            .ProducesProblem(504);
        calls
            .MapGet("", Download)
            .WithName("GetCapture")
            .WithSummary("The capture of a call as pcapng, up to now while it runs.")
            .Produces(200, contentType: PcapngType)
            .ProducesProblem(400)
            .ProducesProblem(404);
        var captures = routes.MapGroup("/api/captures").WithTags("Captures");
        captures
            .MapPost("", Await)
            .WithName("AwaitCapture")
            .WithSummary("Captures the next calls of a number or trunk on this node, from their first message on.")
            .ProducesProblem(400)
            .ProducesProblem(409);
        captures
            .MapGet("", (CallCaptures node) => new CaptureList(node.Awaited.List, node.Files.List()))
            .WithName("ListCaptures")
            .WithSummary("Capture files of this node, and the calls that are waited for.");
        captures
            .MapDelete("{id}", Forget)
            .WithName("ForgetCapture")
            .WithSummary("Waits no longer.")
            .ProducesProblem(404);
        return routes;
    }

    private static Task<Results<Ok<CallOutcome>, ProblemHttpResult>> Start(
        string id,
        [FromServices] IRequiredActor<CallRegion> region,
        CancellationToken cancellation,
        [FromBody(EmptyBodyBehavior = Microsoft.AspNetCore.Mvc.ModelBinding.EmptyBodyBehavior.Allow)]
            StartCapture? body = null
    ) =>
        CallVerbsApi.AskAsync(
            id,
            call => new CallCommands.StartCapture(
                call,
                body?.Keys ?? false,
                body?.MaxMegabytes is > 0 and var most ? most : null
            ),
            region,
            cancellation
        );

    private static Task<Results<Ok<CallOutcome>, ProblemHttpResult>> Stop(
        string id,
        [FromServices] IRequiredActor<CallRegion> region,
        CancellationToken cancellation
    ) => CallVerbsApi.AskAsync(id, call => new CallCommands.StopCapture(call), region, cancellation);

    private static Results<FileStreamHttpResult, ProblemHttpResult> Download(string id, CallCaptures node)
    {
        if (!CallId.TryParse(id, out var call))
        {
            return TypedResults.Problem(statusCode: 400, detail: $"'{id}' is not the id of a call.");
        }
        return node.Files.Open(call.Value) is { } file
            ? TypedResults.Stream(file, PcapngType, $"{call}.pcapng")
            : TypedResults.Problem(statusCode: 404, detail: $"Call {call} was not captured on this node.");
    }

    private static Results<Created<AwaitedCapture>, ProblemHttpResult> Await(AwaitCapture body, CallCaptures node)
    {
        if (string.IsNullOrWhiteSpace(body.Match) || body.Count is < 1 or > 1000)
        {
            return TypedResults.Problem(
                statusCode: 400,
                detail: "'match' is missing, or 'count' is not from 1 to 1000."
            );
        }
        return node.Awaited.Add(body.Match.Trim(), body.Count, body.Keys) is { } added
            ? TypedResults.Created($"/api/captures/{added.Id}", added)
            : TypedResults.Problem(statusCode: 409, detail: $"{AwaitedCaptures.Most} captures are waited for already.");
    }

    private static Results<NoContent, ProblemHttpResult> Forget(string id, CallCaptures node) =>
        node.Awaited.Remove(id)
            ? TypedResults.NoContent()
            : TypedResults.Problem(statusCode: 404, detail: $"Nothing is waited for under '{id}'.");
}
