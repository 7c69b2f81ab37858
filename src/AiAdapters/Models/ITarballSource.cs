namespace OCPlatform.AiAdapters.Models;

/// <summary>Tells how far a fetch is.</summary>
/// <param name="done">Bytes of the download so far.</param>
/// <param name="total">Bytes of the whole download.</param>
public delegate void ReportFetch(ModelFetchStage stage, long done = 0, long total = 0);

/// <summary>Where tarballs come from.</summary>
public interface ITarballSource
{
    /// <summary>
    /// Brings a package's tarball to <paramref name="path"/>; a file that is there already is the start of it. What comes
    /// is not trusted: the caller checks it.
    /// </summary>
    /// <exception cref="ModelStoreException">With cause and remedy.</exception>
    Task DownloadAsync(ModelPackage package, string path, ReportFetch report, CancellationToken ct);
}
