using System.Collections.Concurrent;
using System.Net;

namespace OCPlatform.Media.Capture;

/// <summary>A capture file.</summary>
/// <param name="Ended">Why it ended; null while it runs; empty when that was in another process.</param>
public sealed record CaptureFile(
    string Call,
    DateTimeOffset ChangedAt,
    long Bytes,
    bool Running,
    long? Packets,
    long? Dropped,
    string? Ended
);

/// <summary>The capture files of a node and the captures that run. Any thread.</summary>
public sealed class CaptureStore(CaptureOptions options, TimeProvider time)
{
    private const string Extension = ".pcapng";

    private readonly ConcurrentDictionary<string, CallCapture> _captures = new();

    /// <summary>Begins to capture a call.</summary>
    /// <param name="call">Its id, which names the file: letters, digits and hyphens.</param>
    /// <param name="keys">Leave credentials and keys readable.</param>
    /// <param name="maxMegabytes">Less than the configured limit; null: that.</param>
    /// <param name="address">See <see cref="CallCapture"/>.</param>
    /// <param name="refusal">Why not.</param>
    public CallCapture? TryBegin(string call, bool keys, int? maxMegabytes, IPAddress? address, out string? refusal)
    {
        refusal =
            _captures.TryGetValue(call, out var before) && !before.Completed.IsCompleted
                ? "the call is being captured already"
            : _captures.Values.Count(c => !c.Completed.IsCompleted) >= options.MaxRunning
                ? $"{options.MaxRunning} captures run already (calls.capture.maxRunning)"
            : null;
        if (refusal is not null)
            return null;
        Prune();
        var megabytes = Math.Min(maxMegabytes ?? options.MaxMegabytes, options.MaxMegabytes);
        var limits = new CaptureLimits(
            megabytes * 1_000_000L,
            TimeSpan.FromMinutes(options.MaxMinutes),
            options.QueuePackets,
            keys
        );
        return _captures[call] = new CallCapture(PathOf(call), limits, address, time);
    }

    /// <summary>Opens a capture for reading, also while it runs; null when there is none here.</summary>
    public Stream? Open(string call)
    {
        try
        {
            return new FileStream(PathOf(call), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<CaptureFile> List()
    {
        var folder = new DirectoryInfo(options.Folder);
        if (!folder.Exists)
            return [];
        return
        [
            .. folder
                .EnumerateFiles($"*{Extension}")
                .OrderByDescending(file => file.LastWriteTimeUtc)
                .Select(file => Describe(file, Path.GetFileNameWithoutExtension(file.Name))),
        ];
    }

    private CaptureFile Describe(FileInfo file, string call)
    {
        var capture = _captures.GetValueOrDefault(call);
        return new CaptureFile(
            call,
            file.LastWriteTimeUtc,
            file.Length,
            capture is { Ended: null },
            capture?.Packets,
            capture?.Dropped,
            capture is null ? "" : capture.Ended
        );
    }

    private void Prune()
    {
        var folder = new DirectoryInfo(options.Folder);
        var before = time.GetUtcNow().UtcDateTime.AddHours(-options.KeepHours);
        foreach (var (call, capture) in _captures)
        {
            if (capture.Completed.IsCompleted)
                _captures.TryRemove(KeyValuePair.Create(call, capture));
        }

        if (!folder.Exists)
            return;
        foreach (var file in folder.EnumerateFiles($"*{Extension}").Where(file => file.LastWriteTimeUtc < before))
            file.Delete();
    }

    private string PathOf(string call) =>
        call.Length > 0 && call.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? Path.Combine(options.Folder, call + Extension)
            : throw new ArgumentException("No id of a call.", nameof(call));
}
