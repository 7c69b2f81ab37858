using System.Security.Cryptography;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// The folder of recordings: what a node is writing lies in `active/NODE`, what is finished by day. Several nodes may share
/// one (a file system mounted by all of them); they must share the database then, and each must have a name of its own.
/// </summary>
public sealed class RecordingFolder
{
    private const string PlaceFile = ".place";
    private const string AliveFile = ".alive";
    private const string AllParts = "*.part";

    private readonly Lazy<string> _place;

    private readonly string _everybodys;

    /// <param name="path">Made with the first recording: a node that records nothing needs no folder.</param>
    /// <param name="node">The node's name.</param>
    public RecordingFolder(string path, string node)
    {
        Root = Path.GetFullPath(path);
        _everybodys = Path.Combine(Root, "active");
        // Whatever is in the name, it stays one folder below; '.' alone would mean another.
        Active = Path.Combine(_everybodys, Uri.EscapeDataString(node).Replace(".", "%2E", StringComparison.Ordinal));
        _place = new(ReadOrMakePlace, LazyThreadSafetyMode.PublicationOnly);
    }

    public string Root { get; }

    /// <summary>Where this node's files are while they are written.</summary>
    public string Active { get; }

    /// <summary>
    /// The folder's own name, kept in it: a volume that moves to another machine takes its recordings along, and nodes that
    /// share one share them.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public string Place => _place.Value;

    public string PathOf(string key) => Path.Combine(Root, key);

    /// <summary>
    /// The files that this node has begun, oldest first, and those of a version that did not tell nodes apart.
    /// </summary>
    public IReadOnlyList<string> Parts() => [.. PartsIn(Active), .. PartsIn(_everybodys)];

    /// <summary>Tells other nodes that this one lives: they leave its files alone. Writes only where something is recorded.</summary>
    /// <param name="beat">Another text each time.</param>
    public void ShowAlive(string beat)
    {
        if (Directory.Exists(Active))
        {
            File.WriteAllText(Path.Combine(Active, AliveFile), beat);
        }
    }

    /// <summary>The other nodes' folders with what they showed last; no text for one that never did.</summary>
    public IReadOnlyList<(string Folder, string Beat)> Others()
    {
        if (!Directory.Exists(_everybodys))
        {
            return [];
        }
        return
        [
            .. Directory
                .EnumerateDirectories(_everybodys)
                .Where(folder => folder != Active)
                .Select(folder => (folder, BeatIn(folder))),
        ];
    }

    /// <summary>
    /// Moves the files of a node that is gone to this node's own, of which one node alone succeeds for each; returns how many.
    /// </summary>
    public int Adopt(string folder)
    {
        var adopted = 0;
        PrivateFiles.MakeFolder(Active);
        foreach (var path in PartsIn(folder).Where(path => !RecordingRepair.IsBeingWritten(path)))
        {
            try
            {
                File.Move(path, Path.Combine(Active, Path.GetFileName(path)), overwrite: false);
                adopted++;
            }
            catch (FileNotFoundException)
            {
                // Another node was quicker.
            }
        }
        return adopted;
    }

    private static IEnumerable<string> PartsIn(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, AllParts).Order() : [];

    private static string BeatIn(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, AliveFile));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private string ReadOrMakePlace()
    {
        PrivateFiles.ShutFolder(Root);
        var file = Path.Combine(Root, PlaceFile);
        if (!File.Exists(file))
        {
            var made = Path.Combine(Root, $"{PlaceFile}-{Guid.NewGuid():n}");
            File.WriteAllText(made, RandomNumberGenerator.GetHexString(16, lowercase: true));
            try
            {
                // Of two nodes that start together one is first, and both read what it wrote.
                File.Move(made, file, overwrite: false);
            }
            catch (IOException) when (File.Exists(file))
            {
                File.Delete(made);
            }
        }
        return File.ReadAllText(file).Trim();
    }
}
