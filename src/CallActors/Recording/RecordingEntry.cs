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

/// <summary>
/// A finished part of a recording as the catalogue holds it: one file. A recording has one part, and another for each node
/// that its call moved to.
/// </summary>
public sealed record RecordingEntry
{
    /// <summary>The part's own id; that of the recording for the first.</summary>
    public required string Id { get; init; }

    /// <summary>The recording it belongs to.</summary>
    public required string Recording { get; init; }

    /// <summary>From 1.</summary>
    public int Part { get; init; } = 1;

    /// <summary>From the call's answer to the part's first sample, in ms.</summary>
    public long OffsetMs { get; init; }
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

    /// <summary>The node that recorded it, or found it when that node was gone.</summary>
    public required string Node { get; init; }

    /// <summary>The folder it was recorded in (see <see cref="RecordingFolder.Place"/>).</summary>
    public required string Place { get; init; }
    public required RecordingState State { get; init; }
    public string? Fault { get; init; }
}

/// <summary>
/// Names of recordings and their files. Made of call ids, which are letters and digits: nothing else reaches a path.
/// </summary>
public static class RecordingNames
{
    private const string PartEnding = ".part";
    private const int MostDigits = 5;

    /// <summary>A call's first recording has its id; later ones a number behind it.</summary>
    public static string IdOf(CallId call, int number) => number <= 1 ? call.Value : $"{call.Value}-{number}";

    /// <summary>A recording's first part has its id; later ones the numbers of recording and part: CALL-1p2.</summary>
    public static string PartIdOf(CallId call, int number, int part) =>
        part <= 1 ? IdOf(call, number) : $"{call.Value}-{number}p{part}";

    /// <summary>What <see cref="PartIdOf"/> made; false when it is something else.</summary>
    public static bool TryParse(string? id, out CallId call, out int number, out int part)
    {
        (number, part) = (1, 1);
        var dash = id?.IndexOf('-') ?? -1;
        if (!CallId.TryParse(dash < 0 ? id : id![..dash], out call))
        {
            return false;
        }
        if (dash < 0)
        {
            return true;
        }
        var numbers = id![(dash + 1)..].Split('p');
        return numbers.Length <= 2
            && TryParseNumber(numbers[0], out number)
            && (numbers.Length == 1 || TryParseNumber(numbers[1], out part));
    }

    public static string KeyOf(string id, DateTimeOffset startedAt, RecordingFormat format) =>
        FormattableString.Invariant($"{startedAt.UtcDateTime:yyyy'/'MM'/'dd}/{id}{format.FileExtension()}");

    /// <summary>
    /// While it is written: ID.MS.OFFSET.ext.part, with the time of the start in Unix ms and the offset from the call's answer.
    /// </summary>
    public static string FileOf(string id, DateTimeOffset startedAt, long offsetMs, RecordingFormat format) =>
        FormattableString.Invariant(
            $"{id}.{startedAt.ToUnixTimeMilliseconds()}.{offsetMs}{format.FileExtension()}{PartEnding}"
        );

    /// <summary>What <see cref="FileOf"/> made, or a version before it without the offset.</summary>
    public static bool TryParseFile(string fileName, out string id, out DateTimeOffset startedAt, out long offsetMs)
    {
        (id, startedAt, offsetMs) = ("", default, 0);
        var pieces = fileName.Split('.');
        if (
            pieces is not [var name, var at, .., "part"]
            || pieces.Length is < 4 or > 5
            || !TryParse(name, out _, out _, out _)
        )
        {
            return false;
        }
        id = name;
        var isTime = long.TryParse(at, out var ms) && ms is > 0 and < 4_000_000_000_000;
        startedAt = isTime ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : default;
        return isTime && (pieces.Length == 4 || (long.TryParse(pieces[2], out offsetMs) && offsetMs >= 0));
    }

    private static bool TryParseNumber(string text, out int number)
    {
        number = 0;
        return text.Length is > 0 and <= MostDigits && text.All(char.IsAsciiDigit) && int.TryParse(text, out number);
    }
}
