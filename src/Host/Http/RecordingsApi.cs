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

/// <summary>A recording that is complete. Of one in several parts length and bytes are of all, the rest is the first's.</summary>
/// <param name="Sha256">Of the file, in hexadecimal digits.</param>
/// <param name="Uri">Where it is kept, or will be once uploaded.</param>
/// <param name="Node">The node that recorded it.</param>
/// <param name="Parts">Null for a recording in one piece.</param>
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
    string? Fault,
    IReadOnlyList<RecordingPartInfo>? Parts
);

/// <summary>One file of a recording whose call has moved among nodes.</summary>
/// <param name="OffsetMs">From the call's answer to the part's start.</param>
public sealed record RecordingPartInfo(
    int Part,
    long OffsetMs,
    long DurationMs,
    long Bytes,
    string Sha256,
    RecordingFormat Format,
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
            .WithSummary(
                "Deletes a recording for good, with all its parts; nobody finds it any more when this is answered."
            )
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
        var behind = after is null ? null : (await catalog.PartsAsync(after, cancellation)).FirstOrDefault();
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
        [FromServices] RecordingPlayback playback,
        [FromServices] ICallRecords records,
        CancellationToken cancellation,
        [Description("Which of a call's recordings, from 1.")] int number = 1,
        [Description("One part alone, from 1, of a recording whose call has moved among nodes.")] int? part = null
    )
    {
        if (!CallId.TryParse(id, out var call))
        {
            return TypedResults.Problem(statusCode: 400, detail: $"'{id}' is not the id of a call.");
        }
        var recording = RecordingNames.IdOf(call, number);
        var live = await LiveAsync(recording, call, records, cancellation);
        var parts = await catalog.PartsAsync(recording, cancellation);
        if (part is null && IsBeingMade(live, parts))
        {
            return TypedResults.Problem(statusCode: 409, detail: $"Recording {recording} is still being made.");
        }
        parts = part is null ? parts : [.. parts.Where(entry => entry.Part == part)];
        if (parts.Count == 0)
        {
            return TypedResults.Problem(
                statusCode: 404,
                detail: live?.Fault ?? $"There is no recording {recording}{(part is null ? "" : $", part {part}")}."
            );
        }
        try
        {
            var playable = await playback.OpenAsync(parts, cancellation);
            return TypedResults.Stream(
                playable.Audio,
                playable.Format.ContentType(),
                fileDownloadName: null,
                lastModified: parts[^1].StartedAt.AddMilliseconds(parts[^1].DurationMs),
                entityTag: new EntityTagHeaderValue($"\"{playable.Tag}\""),
                enableRangeProcessing: true
            );
        }
        catch (RecordingException e)
        {
            var status = e.InnerException is FileNotFoundException ? 404 : 409;
            return TypedResults.Problem(statusCode: status, detail: e.Message);
        }
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string id,
        [FromServices] RecordingCatalog catalog,
        [FromServices] RecordingDeletion deletion,
        [FromServices] ICallRecords records,
        CancellationToken cancellation
    )
    {
        if (!RecordingNames.TryParse(id, out var call, out var number, out _))
        {
            return TypedResults.Problem(statusCode: 404, detail: $"There is no recording '{id}'.");
        }
        var recording = RecordingNames.IdOf(call, number);
        var live = await LiveAsync(recording, call, records, cancellation);
        if (IsBeingMade(live, await catalog.PartsAsync(recording, cancellation)))
        {
            return TypedResults.Problem(statusCode: 409, detail: $"Recording {recording} is still being made.");
        }
        try
        {
            return await deletion.DeleteAsync(recording, "by the API", cancellation)
                ? TypedResults.NoContent()
                : TypedResults.Problem(statusCode: 404, detail: $"There is no recording '{id}'.");
        }
        catch (IOException e)
        {
            return TypedResults.Problem(statusCode: 409, detail: e.Message);
        }
    }

    /// <summary>The call's record says that it runs, and the last part that was begun is not there: the record lags behind.</summary>
    private static bool IsBeingMade(CallRecording? live, IReadOnlyList<RecordingEntry> parts) =>
        live is { State: CallRecordingState.Recording or CallRecordingState.Paused }
        && !parts.Any(part => part.Part >= live.Parts.Count);

    private static async Task<CallRecording?> LiveAsync(
        string recording,
        CallId call,
        ICallRecords records,
        CancellationToken cancellation
    ) => (await records.GetAsync(call, cancellation))?.Recordings.Find(r => r.Id == recording);

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

    private static RecordingInfo Describe(IReadOnlyList<RecordingEntry> parts)
    {
        var first = parts[0];
        return new RecordingInfo(
            first.Recording,
            first.CallId,
            first.StartedAt,
            parts.Max(part => part.OffsetMs + part.DurationMs) - first.OffsetMs,
            parts.Sum(part => part.Bytes),
            first.Sha256,
            first.Format,
            first.SampleRateHz,
            first.Uri,
            first.State,
            first.Node,
            parts.FirstOrDefault(part => part.Fault is not null)?.Fault,
            parts.Count == 1
                ? null
                :
                [
                    .. parts.Select(part => new RecordingPartInfo(
                        part.Part,
                        part.OffsetMs,
                        part.DurationMs,
                        part.Bytes,
                        part.Sha256,
                        part.Format,
                        part.Uri,
                        part.State,
                        part.Node,
                        part.Fault
                    )),
                ]
        );
    }
}
