using System.Text.Json;

namespace OCPlatform.AiAdapters.Models;

/// <summary>One file wanted out of a package.</summary>
/// <param name="Path">Inside the package, without npm's leading <c>package/</c>.</param>
/// <param name="Target">Inside the models directory, with forward slashes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record ModelFile(string Path, string Target, long Size, string Sha256);

/// <summary>A pinned npm package that carries models.</summary>
/// <param name="Integrity">npm's <c>dist.integrity</c>: <c>sha512-</c> and base64.</param>
/// <param name="TarballSize">Bytes to download.</param>
public sealed record ModelPackage(
    string Name,
    string Version,
    string Licence,
    long TarballSize,
    string Integrity,
    IReadOnlyList<ModelFile> Files
);

/// <summary>models.lock.json: every package and file, pinned by hash.</summary>
public sealed record ModelLock(IReadOnlyList<ModelPackage> Packages)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>All files of all packages.</summary>
    public IEnumerable<ModelFile> Files => Packages.SelectMany(p => p.Files);

    /// <summary>The lock file that is built into this assembly.</summary>
    public static ModelLock Embedded()
    {
        using var stream = typeof(ModelLock).Assembly.GetManifestResourceStream("models.lock.json")!;
        return JsonSerializer.Deserialize<ModelLock>(stream, Json)!;
    }
}
