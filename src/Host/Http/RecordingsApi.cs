using System.ComponentModel;
using Akka.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;
using OCPlatform.Media.Recording;

namespace OCPlatform.Host.Http;

/// <summary>A recording that is complete.</summary>
/// <param name="Sha256">Of the file, in hexadecimal digits.</param>
/// <param name="Uri">Where it is kept, or will be once uploaded.</param>
/// <param name="Node">The node that recorded it.</param>
public sealed record RecordingInfo(
    string Id,
    CallId CallId,
    DateTimeOffset StartedAt,
    long DurationMs,
    long Bytes,
    string Sha256,
    RecordingFormat Format,
    int SampleRateHz,
    string Uri,
    RecordingState State,
    string Node,
    string? Fault
);

/// <summary>Recordings, newest first.</summary>
/// <param name="Next">Ask for what comes after this id; null: nothing does.</param>
public sealed record RecordingList(IReadOnlyList<RecordingInfo> Recordings, string? Next);

public sealed record PauseRecordingOfCall(string? Reason);

/// <summary>`/api/recordings`, and the recording of a call: listened to, listed, deleted, begun and ended.</summary>
public static class RecordingsApi
{
    private const int DefaultLimit = 100;
    private const int GreatestLimit = 1000;

    public static IEndpointRouteBuilder MapRecordingsApi(this IEndpointRouteBuilder routes)
    {
        var recordings = routes.MapGroup("/api/recordings").WithTags("Recordings");
        recordings
            .MapGet("", ListAsync)
            .WithName("ListRecordings")
            .WithSummary("Complete recordings, newest first.")
            .ProducesProblem(400);
        recordings
            .MapDelete("{id}", DeleteAsync)
            .WithName("DeleteRecording")
            .WithSummary("Deletes a recording for good.")
            .Produces(204)
            .ProducesProblem(404)
            .ProducesProblem(409);
        var ofCall = routes.MapGroup("/api/calls/{id}/recording").WithTags("Recordings");
        ofCall
            .MapGet("", ListenAsync)
            .WithName("GetRecordingOfCall")
            .WithSummary("A call's recording, caller left and agent right; takes ranges.")
            .Produces(200, contentType: "audio/wav", additionalContentTypes: "audio/ogg")
            .ProducesProblem(400)
            .ProducesProblem(404)
            .ProducesProblem(409);
        ofCall.MapRecordingVerbs();
        return routes;
    }

    private static async Task<Results<Ok<RecordingList>, ProblemHttpResult>> ListAsync(
        [FromServices] RecordingCatalog catalog,
        CancellationToken cancellation,
        [Description("Those behind the recording of this id.")] string? after = null,
        [Description("At most this many, 1 to 1000.")] int limit = DefaultLimit
    )
    {
        if (limit is < 1 or > GreatestLimit)
        {
            return TypedResults.Problem(statusCode: 400, detail: $"limit must be from 1 to {GreatestLimit}.");
        }
        var behind = after is null ? null : await catalog.GetAsync(after, cancellation);
        if (after is not null && behind is null)
        {
            return TypedResults.Problem(statusCode: 400, detail: $"There is no recording '{after}' to go on behind.");
        }
        // One more than asked tells whether there is more.
        var found = await catalog.ListAsync(limit + 1, behind, cancellation);
        var page = found.Take(limit).Select(Describe).ToList();
        return TypedResults.Ok(new RecordingList(page, found.Count > limit ? page[^1].Id : null));
    }

    private static async Task<IResult> ListenAsync(
        string id,
        [FromServices] RecordingCatalog catalog,
        [FromServices] IRecordingStore store,
        [FromServices] ICallRecords records,
        CancellationToken cancellation,
        [Description("Which of a call's recordings, from 1.")] int number = 1
    )
    {
        if (!CallId.TryParse(id, out var call))
        {
            return TypedResults.Problem(statusCode: 400, detail: $"'{id}' is not the id of a call.");
        }
        var recording = RecordingNames.IdOf(call, number);
        if (await catalog.GetAsync(recording, cancellation) is not { } entry)
        {
            var record = await records.GetAsync(call, cancellation);
            var live = record?.Recordings.Find(r => r.Id == recording);
            return live?.State is CallRecordingState.Recording or CallRecordingState.Paused
                ? TypedResults.Problem(statusCode: 409, detail: $"Recording {recording} is still being made.")
                : TypedResults.Problem(statusCode: 404, detail: live?.Fault ?? $"There is no recording {recording}.");
        }
        if (await store.OpenAsync(entry, cancellation) is not { } audio)
        {
            return TypedResults.Problem(
                statusCode: 404,
                detail: $"Recording {recording} is not in this node's reach; node {entry.Node} made it."
            );
        }
        return TypedResults.Stream(
            audio,
            entry.Format.ContentType(),
            fileDownloadName: null,
            lastModified: entry.StartedAt.AddMilliseconds(entry.DurationMs),
            entityTag: new EntityTagHeaderValue($"\"{entry.Sha256}\""),
            enableRangeProcessing: true
        );
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string id,
        [FromServices] RecordingCatalog catalog,
        [FromServices] IRecordingStore store,
        [FromServices] ILogger<RecordingCatalog> log,
        CancellationToken cancellation
    )
    {
        if (await catalog.GetAsync(id, cancellation) is not { } entry)
        {
            return TypedResults.Problem(statusCode: 404, detail: $"There is no recording '{id}'.");
        }
        try
        {
            await store.DeleteAsync(entry, cancellation);
        }
        catch (IOException e)
        {
            return TypedResults.Problem(statusCode: 409, detail: e.Message);
        }
        await catalog.DeleteAsync(entry.Id, cancellation);
        log.LogInformation("Recording {Recording} deleted from {Uri} by the API", entry.Id, entry.Uri);
        return TypedResults.NoContent();
    }

    private static void MapRecordingVerbs(this RouteGroupBuilder recording)
    {
        recording.MapRecordingVerb(
            "start",
            "Begins to record a call, after the consent prompt where one is configured.",
            id => new CallCommands.StartRecording(id)
        );
        recording.MapRecordingVerb("resume", "Records on after a pause.", id => new CallCommands.ResumeRecording(id));
        recording.MapRecordingVerb(
            "stop",
            "Ends the recording; answered when it is kept.",
            id => new CallCommands.StopRecording(id)
        );
        recording
            .MapPost(
                "pause",
                (
                    string id,
                    [FromServices] IRequiredActor<CallRegion> region,
                    CancellationToken cancellation,
                    [FromBody] PauseRecordingOfCall? body = null
                ) =>
                    CallVerbsApi.AskAsync(
                        id,
                        call => new CallCommands.PauseRecording(call, body?.Reason),
                        region,
                        cancellation
                    )
            )
            .Describe("pause", "Writes silence until it is resumed (card numbers); time goes on.");
    }

    private static void MapRecordingVerb(
        this RouteGroupBuilder recording,
        string verb,
        string summary,
        Func<CallId, ICallMessage> command
    ) =>
        recording
            .MapPost(
                verb,
                (string id, [FromServices] IRequiredActor<CallRegion> region, CancellationToken cancellation) =>
                    CallVerbsApi.AskAsync(id, command, region, cancellation)
            )
            .Describe(verb, summary);

    private static void Describe(this RouteHandlerBuilder route, string verb, string summary) =>
        route
            .WithName($"Recording{char.ToUpperInvariant(verb[0])}{verb[1..]}")
            .WithSummary(summary)
            .ProducesProblem(400)
            .ProducesProblem(409)
            .ProducesProblem(504);

    private static RecordingInfo Describe(RecordingEntry entry) =>
        new(
            entry.Id,
            entry.CallId,
            entry.StartedAt,
            entry.DurationMs,
            entry.Bytes,
            entry.Sha256,
            entry.Format,
            entry.SampleRateHz,
            entry.Uri,
            entry.State,
            entry.Node,
            entry.Fault
        );
}
