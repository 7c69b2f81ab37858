namespace OCPlatform.AiAdapters.Models;

/// <summary>One fetcher at a time in a models directory, across processes.</summary>
internal static class ModelDirectoryLock
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits for other fetchers to end.</summary>
    public static async Task<IDisposable> TakeAsync(string directory, CancellationToken ct)
    {
        var path = Path.Combine(directory, ".lock");
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(start) < Patience)
            {
                await Task.Delay(RetryEvery, TimeProvider.System, ct).ConfigureAwait(false);
            }
        }
    }
}
