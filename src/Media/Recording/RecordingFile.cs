namespace OCPlatform.Media.Recording;

/// <summary>A file that is written in place. The seam at which a test stalls or fills the disk.</summary>
internal interface IRecordingFile : IDisposable
{
    /// <exception cref="IOException">The disk is full or gone; nothing need have been written.</exception>
    void Write(ReadOnlySpan<byte> data, long offset);
}

/// <summary>
/// pwrite on a descriptor that stays open. Not flushed to the disk: the page cache outlives the process, and only a power cut
/// loses what the system has not written by itself.
/// </summary>
internal sealed class DiskFile : IRecordingFile
{
    private readonly FileStream _file;

    /// <exception cref="IOException">It is there already, or cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public DiskFile(string path)
    {
        // Sharing for reading is a lock on Unix, which the kernel lets go with the process: by it RecordingRepair tells a file
        // that is being written from one that was left behind.
        try
        {
            _file = PrivateFiles.OpenForWriting(path, FileMode.CreateNew);
        }
        catch (DirectoryNotFoundException)
        {
            PrivateFiles.MakeFolder(Path.GetDirectoryName(path)!);
            _file = PrivateFiles.OpenForWriting(path, FileMode.CreateNew);
        }
    }

    public void Write(ReadOnlySpan<byte> data, long offset) => RandomAccess.Write(_file.SafeFileHandle, data, offset);

    public void Dispose() => _file.Dispose();
}
