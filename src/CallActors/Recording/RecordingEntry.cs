using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>Where a finished recording is on its way.</summary>
public enum RecordingState
{
    /// <summary>In the folder, for good.</summary>
    Kept,

    /// <summary>In the folder, to be uploaded.</summary>
    Waiting,

    /// <summary>In the bucket.</summary>
    Uploaded,

    /// <summary>In the folder, after too many failed uploads.</summary>
    GaveUp,
}

/// <summary>A finished recording as the catalogue holds it.</summary>
public sealed record RecordingEntry
{
    public required string Id { get; init; }
    public required CallId CallId { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required long DurationMs { get; init; }
    public required long Bytes { get; init; }

    /// <summary>In lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }
    public required RecordingFormat Format { get; init; }
    public required int SampleRateHz { get; init; }

    /// <summary>Path below the folder and name below the bucket's prefix: yyyy/MM/dd/ID.ext.</summary>
    public required string Key { get; init; }

    /// <summary>Where it is, or will be once uploaded.</summary>
    public required string Uri { get; init; }

    /// <summary>The node that recorded it.</summary>
    public required string Node { get; init; }

    /// <summary>The folder it was recorded in (see <see cref="RecordingFolder.Place"/>).</summary>
    public required string Place { get; init; }
    public required RecordingState State { get; init; }
    public string? Fault { get; init; }
}

/// <summary>Names of recordings and their files. Made of call ids, which are letters and digits: nothing else reaches a path.</summary>
public static class RecordingNames
{
    private const string PartEnding = ".part";

    /// <summary>A call's first recording has its id; later ones a number behind it.</summary>
    public static string IdOf(CallId call, int number) => number <= 1 ? call.Value : $"{call.Value}-{number}";

    /// <summary>The call of a recording; false when it is no recording's id.</summary>
    public static bool TryParse(string? id, out CallId call)
    {
        var dash = id?.IndexOf('-') ?? -1;
        var isNumbered = dash > 0 && id!.Length - dash <= 6 && id[(dash + 1)..].All(char.IsAsciiDigit) && id[^1] != '-';
        return CallId.TryParse(dash < 0 ? id : id![..dash], out call) && (dash < 0 || isNumbered);
    }

    public static string KeyOf(string id, DateTimeOffset startedAt, RecordingFormat format) =>
        FormattableString.Invariant($"{startedAt.UtcDateTime:yyyy'/'MM'/'dd}/{id}{format.FileExtension()}");

    /// <summary>While it is written: ID.MS.ext.part, with the time of the start in Unix ms.</summary>
    public static string PartOf(string id, DateTimeOffset startedAt, RecordingFormat format) =>
        FormattableString.Invariant($"{id}.{startedAt.ToUnixTimeMilliseconds()}{format.FileExtension()}{PartEnding}");

    public static bool TryParsePart(string fileName, out string id, out CallId call, out DateTimeOffset startedAt)
    {
        (id, call, startedAt) = ("", default, default);
        if (fileName.Split('.') is not [var name, var at, _, "part"] || !TryParse(name, out call))
        {
            return false;
        }
        id = name;
        var isTime = long.TryParse(at, out var ms) && ms is > 0 and < 4_000_000_000_000;
        startedAt = isTime ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : default;
        return isTime;
    }
}
