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

/// <summary>What a sweep did.</summary>
/// <param name="Faults">Why files are still there that should not be, in the system's words.</param>
public sealed record CaptureSweep(int Deleted, IReadOnlyList<string> Faults);

/// <summary>The capture files of a node and the captures that run. Any thread.</summary>
public sealed class CaptureStore
{
    private const string Extension = ".pcapng";

    private readonly ConcurrentDictionary<string, CallCapture> _captures = new();
    private readonly CaptureOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<FileInfo> _delete;

    public CaptureStore(CaptureOptions options, TimeProvider time)
        : this(options, time, file => file.Delete()) { }

    internal CaptureStore(CaptureOptions options, TimeProvider time, Action<FileInfo> delete) =>
        (_options, _time, _delete) = (options, time, delete);

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
            : _captures.Values.Count(c => !c.Completed.IsCompleted) >= _options.MaxRunning
                ? $"{_options.MaxRunning} captures run already (calls.capture.maxRunning)"
            : null;
        if (refusal is not null)
            return null;
        var megabytes = Math.Min(maxMegabytes ?? _options.MaxMegabytes, _options.MaxMegabytes);
        var limits = new CaptureLimits(
            megabytes * 1_000_000L,
            TimeSpan.FromMinutes(_options.MaxMinutes),
            _options.QueuePackets,
            keys
        );
        return _captures[call] = new CallCapture(PathOf(call), limits, address, _time);
    }

    /// <summary>The latest capture of a call, as long as no sweep has forgotten it; null for none.</summary>
    public CallCapture? Find(string call) => _captures.GetValueOrDefault(call);

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
        var folder = new DirectoryInfo(_options.Folder);
        if (!folder.Exists)
            return [];
        return
        [
            .. folder
                .EnumerateFiles($"*{Extension}")
                .OrderByDescending(file => file.LastWriteTimeUtc)
                .Select(file => Describe(file, Path.GetFileNameWithoutExtension(file.Name)))
                .OfType<CaptureFile>(),
        ];
    }

    /// <summary>Deletes files that are old enough, and forgets their captures. Never throws: see the answer.</summary>
    public CaptureSweep Sweep()
    {
        foreach (var (call, capture) in _captures)
        {
            if (capture.Completed.IsCompleted)
                _captures.TryRemove(KeyValuePair.Create(call, capture));
        }

        var deleted = 0;
        var faults = new List<string>();
        var before = _time.GetUtcNow().UtcDateTime.AddHours(-_options.KeepHours);
        foreach (var file in Files(faults))
        {
            try
            {
                if (
                    file.LastWriteTimeUtc >= before
                    || _captures.ContainsKey(Path.GetFileNameWithoutExtension(file.Name))
                )
                    continue;
                _delete(file);
                deleted++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                faults.Add(e.Message);
            }
        }

        return new CaptureSweep(deleted, faults);
    }

    private FileInfo[] Files(List<string> faults)
    {
        try
        {
            var folder = new DirectoryInfo(_options.Folder);
            return folder.Exists ? folder.GetFiles($"*{Extension}") : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(e.Message);
            return [];
        }
    }

    /// <summary>Null when a sweep was quicker.</summary>
    private CaptureFile? Describe(FileInfo file, string call)
    {
        var capture = _captures.GetValueOrDefault(call);
        try
        {
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
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private string PathOf(string call) =>
        call.Length > 0 && call.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? Path.Combine(_options.Folder, call + Extension)
            : throw new ArgumentException("No id of a call.", nameof(call));
}
