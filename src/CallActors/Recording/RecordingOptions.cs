using System.ComponentModel.DataAnnotations;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>Which calls are recorded.</summary>
public enum RecordingMode
{
    /// <summary>None, whoever asks.</summary>
    Never,

    /// <summary>Those for which it is asked, by the API or another part of the platform.</summary>
    OnDemand,

    /// <summary>Every call, from its answer on.</summary>
    Always,
}

/// <summary>Recording of calls: the caller on the left channel, the agent on the right.</summary>
public sealed class RecordingOptions
{
    /// <summary>
    /// Which calls are recorded: never, onDemand (when the API asks), always (from the answer on). Whether it is lawful, and what
    /// must be said before, depends on the country.
    /// </summary>
    public RecordingMode Mode { get; set; } = RecordingMode.OnDemand;

    /// <summary>
    /// wavUlaw (16 kB/s; loses nothing of a call in PCMU), wavPcm (16 bit, 32 kB/s, wideband 64 kB/s), or oggOpus (some 4 kB/s;
    /// needs libopus, and processor time for every call; without it, and when there is too much to encode, wavUlaw is taken).
    /// </summary>
    public RecordingFormat Format { get; set; } = RecordingFormat.WavUlaw;

    /// <summary>
    /// Folder of the recordings, by day: yyyy/MM/dd/ID.wav. What is being recorded lies in `active/NODE`. Nodes may share a
    /// folder (a file system that all of them mount) when they share the database and each has its own node name: one uploads,
    /// deletes, and takes over what another left that has been gone for 5 minutes. Only the platform's user may read it.
    /// </summary>
    [Required]
    public string Folder { get; set; } = "data/recordings";

    /// <summary>
    /// Said to the caller before a recording begins, and again to whoever takes the caller's place; empty: nothing is said.
    /// </summary>
    public string ConsentPrompt { get; set; } = "";

    /// <summary>
    /// Recording begins only when the prompt has been played to its end; false: at once, while it is played. When another party
    /// takes the caller's place the recording is silent until that party has heard the prompt, and ends when it does not.
    /// </summary>
    public bool ConsentFirst { get; set; } = true;

    /// <summary>Recordings older than this are deleted, in days; 0: kept for ever.</summary>
    [Range(0, 36_500)]
    public int RetentionDays { get; set; }

    /// <summary>
    /// When the recordings in the folder take more than this, the oldest are deleted, those that wait for the bucket too, in MB;
    /// 0: no limit.
    /// </summary>
    [Range(0, 1_000_000_000)]
    public long MaxTotalMegabytes { get; set; }

    /// <summary>Linux nice value of the thread that writes, so that the media clock is never kept waiting.</summary>
    [Range(0, 19)]
    public int WriterNiceness { get; set; } = 10;

    /// <summary>Where finished recordings are moved to; without a bucket they stay in the folder.</summary>
    public RecordingS3Options S3 { get; set; } = new();
}

/// <summary>A bucket of Amazon S3, or of a server that speaks its protocol (MinIO, Ceph).</summary>
public sealed class RecordingS3Options : IValidatableObject
{
    /// <summary>Name of the bucket; empty: recordings stay in the folder.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>Put before each object's name, such as `recordings/`.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>URL of the server; not set: Amazon's, by the region.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The bucket's region.</summary>
    [Required]
    public string Region { get; set; } = "us-east-1";

    /// <summary>The bucket is named in the path instead of the host name, as MinIO wants it.</summary>
    public bool PathStyle { get; set; }

    /// <summary>
    /// Id of the access key. Empty: what the AWS SDK finds by itself (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the machine's
    /// role).
    /// </summary>
    public string AccessKeyId { get; set; } = "";

    /// <summary>The access key's secret. Prefer the environment.</summary>
    public string AccessKeySecret { get; set; } = "";

    /// <summary>How long one attempt to upload may take, in s.</summary>
    [Range(1, 86_400)]
    public int AttemptSeconds { get; set; } = 300;

    /// <summary>
    /// After this many hours of failed attempts a recording stays in the folder, and an error is logged; the next start of the
    /// platform tries anew.
    /// </summary>
    [Range(1, 8_760)]
    public int GiveUpHours { get; set; } = 72;

    /// <summary>retentionDays deletes from the bucket too; false: the bucket's own rules do.</summary>
    public bool DeleteExpired { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext context)
    {
        if (AccessKeyId.Length == 0 != (AccessKeySecret.Length == 0))
        {
            yield return new ValidationResult(
                "accessKeyId and accessKeySecret belong together: set both or neither.",
                [nameof(AccessKeyId)]
            );
        }
    }
}
