using System.Security.Cryptography;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>The folder of recordings on this node's disk: what is written lies in `active`, what is finished by day.</summary>
public sealed class RecordingFolder
{
    private const string PlaceFile = ".place";

    private readonly Lazy<string> _place;

    /// <param name="path">Made with the first recording: a node that records nothing needs no folder.</param>
    public RecordingFolder(string path)
    {
        Root = Path.GetFullPath(path);
        Active = Path.Combine(Root, "active");
        _place = new(ReadOrMakePlace, LazyThreadSafetyMode.PublicationOnly);
    }

    public string Root { get; }

    /// <summary>Where files are while they are written.</summary>
    public string Active { get; }

    /// <summary>
    /// The folder's own name, kept in it: a volume that moves to another machine takes its recordings along, and nodes that
    /// share one share them.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public string Place => _place.Value;

    public string PathOf(string key) => Path.Combine(Root, key);

    /// <summary>The files of recordings that were begun, oldest first.</summary>
    public IReadOnlyList<string> Parts() =>
        Directory.Exists(Active) ? [.. Directory.EnumerateFiles(Active, "*.part").Order()] : [];

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
