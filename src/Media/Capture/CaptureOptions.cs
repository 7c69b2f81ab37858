using System.ComponentModel.DataAnnotations;

namespace OCPlatform.Media.Capture;

/// <summary>Captures of single calls, begun by the API: SIP and RTP in one pcapng file per call.</summary>
public sealed class CaptureOptions
{
    /// <summary>Folder of the files; made when missing. They hold what was said: only this user may read them.</summary>
    [Required]
    public string Folder { get; set; } = "data/captures";

    /// <summary>A file ends at this size, in MB. A call of one hour takes some 90 MB.</summary>
    [Range(1, 10_000)]
    public int MaxMegabytes { get; set; } = 200;

    /// <summary>A capture ends after this time, in minutes.</summary>
    [Range(1, 1_440)]
    public int MaxMinutes { get; set; } = 120;

    /// <summary>Captures that may run at the same time on a node.</summary>
    [Range(1, 1_000)]
    public int MaxRunning { get; set; } = 16;

    /// <summary>Packets that wait for the disk; more are dropped, and the file says so.</summary>
    [Range(64, 100_000)]
    public int QueuePackets { get; set; } = 2_048;

    /// <summary>Files older than this are deleted, in hours.</summary>
    [Range(1, 8_760)]
    public int KeepHours { get; set; } = 72;
}
