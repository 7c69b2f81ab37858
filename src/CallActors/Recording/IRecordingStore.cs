using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>Where finished recordings are kept.</summary>
public interface IRecordingStore
{
    /// <summary>The state in which a recording is once <see cref="KeepAsync"/> has taken it.</summary>
    RecordingState StateWhenKept { get; }

    /// <summary>Where the recording of this key is, or will be in the end.</summary>
    string UriOf(string key);

    /// <summary>Takes over a finished file; it is no longer at <paramref name="path"/> afterwards.</summary>
    /// <exception cref="IOException">It is still there.</exception>
    Task KeepAsync(RecordingEntry entry, string path, CancellationToken cancellation);

    /// <summary>The recording's bytes, seekable; null when they are gone, or out of this node's reach.</summary>
    Task<Stream?> OpenAsync(RecordingEntry entry, CancellationToken cancellation);

    /// <summary>Deletes the bytes, wherever they are; nothing happens when they are gone already.</summary>
    /// <exception cref="IOException">They are still there.</exception>
    Task DeleteAsync(RecordingEntry entry, CancellationToken cancellation);
}

/// <summary>Recordings stay in the folder.</summary>
public sealed class FileRecordingStore(RecordingFolder folder) : IRecordingStore
{
    public RecordingState StateWhenKept => RecordingState.Kept;

    public string UriOf(string key) => new Uri(folder.PathOf(key)).AbsoluteUri;

    public Task KeepAsync(RecordingEntry entry, string path, CancellationToken cancellation)
    {
        var kept = folder.PathOf(entry.Key);
        PrivateFiles.MakeFolder(Path.GetDirectoryName(kept)!);
        // The same file system: the file is at the one place or at the other, whatever ends the process.
        File.Move(path, kept, overwrite: true);
        return Task.CompletedTask;
    }

    public Task<Stream?> OpenAsync(RecordingEntry entry, CancellationToken cancellation)
    {
        try
        {
            Stream? file = entry.Place == folder.Place ? File.OpenRead(folder.PathOf(entry.Key)) : null;
            return Task.FromResult(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task DeleteAsync(RecordingEntry entry, CancellationToken cancellation)
    {
        if (entry.Place != folder.Place)
        {
            throw new IOException($"Recording {entry.Id} lies in the folder of node {entry.Node}.");
        }
        try
        {
            File.Delete(folder.PathOf(entry.Key));
        }
        catch (DirectoryNotFoundException) { }
        return Task.CompletedTask;
    }
}
