namespace OCPlatform.Media.Recording;

/// <summary>
/// Files and folders of what was said in calls: only the user that the platform runs as may open them, whatever the umask
/// says. On Windows the folder's access list decides.
/// </summary>
public static class PrivateFiles
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = FileMode | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes a folder (0700), and those above it that are missing; one that is there stays as it is.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void MakeFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        // The mode given holds for the last folder only.
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent && !Directory.Exists(parent))
            MakeFolder(parent);
        Directory.CreateDirectory(path, FolderMode);
    }

    /// <summary>
    /// Makes a folder, or shuts one that is there to strangers: what lies in it may have been written by a version that
    /// left it open. Its group keeps what it was given.
    /// </summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void ShutFolder(string path)
    {
        MakeFolder(path);
        if (OperatingSystem.IsWindows())
            return;
        try
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & Others) != 0)
                File.SetUnixFileMode(path, mode & ~Others);
        }
        catch (UnauthorizedAccessException)
        {
            // A mounted volume that belongs to somebody else: who may enter is decided there.
        }
    }

    /// <summary>Opens a file for writing; made by this it has mode 0600.</summary>
    /// <exception cref="IOException">The mode does not fit what is there, or it cannot be made.</exception>
    public static FileStream OpenForWriting(string path, System.IO.FileMode mode, int bufferBytes = 0)
    {
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = bufferBytes,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = FileMode;
        return new FileStream(path, options);
    }
}
