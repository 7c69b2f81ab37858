using System.Globalization;
using System.Text.Json;

namespace OCPlatform.LoadTest;

/// <summary>Reads the platform's <c>/metrics</c> every few seconds while a run goes on, and its record of the calls at the end. Never fails the run: it says what it missed.</summary>
public sealed class PlatformProbe(HttpClient http, Uri api, string? apiKey, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(4);

    // As many as the API gives at once.
    private const int MostCalls = 1000;

    private readonly List<PlatformSample> _samples = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly long _start = time.GetTimestamp();
    private Task _loop = Task.CompletedTask;
    private string? _problem;

    public void Start() => _loop = LoopAsync(_stop.Token);

    /// <summary>A last sample, and the platform's own record of these calls.</summary>
    /// <param name="sipCallIds">The run's calls.</param>
    public async Task<PlatformReport> FinishAsync(IReadOnlySet<string> sipCallIds)
    {
        await StopAsync();
        await SampleAsync();
        Dictionary<string, PlatformCall> calls = [];
        try
        {
            calls = await GetAsync($"/api/calls?limit={MostCalls}") is { } json ? ReadCalls(json, sipCallIds) : [];
        }
        catch (JsonException)
        {
            _problem = "/api/calls: not JSON";
        }
        return new PlatformReport
        {
            Samples = _samples,
            Calls = calls,
            Problem = _problem,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    private async Task LoopAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await SampleAsync();
                await Task.Delay(Interval, time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
    }

    private async Task SampleAsync()
    {
        if (await GetAsync("/metrics") is not { } text)
        {
            return;
        }
        if (Value(text, "process_working_set_bytes") is { } rss)
        {
            _samples.Add(
                new PlatformSample(
                    Math.Round(time.GetElapsedTime(_start).TotalSeconds, 2),
                    Math.Round(rss / 1e6, 2),
                    Math.Round(Value(text, "process_cpu_seconds_total") ?? 0, 2)
                )
            );
        }
        else
        {
            _problem = "/metrics has no process_working_set_bytes";
        }
    }

    private async Task<string?> GetAsync(string path)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api, path));
            if (apiKey is not null)
            {
                request.Headers.Add("X-Api-Key", apiKey);
            }
            using var response = await http.SendAsync(request, deadline.Token);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadAsStringAsync(deadline.Token);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            _problem = $"{path}: {error.Message}";
            return null;
        }
    }

    /// <summary>The calls of the answer of <c>/api/calls</c> that are among those asked for; what is not as expected is left out.</summary>
    internal static Dictionary<string, PlatformCall> ReadCalls(string json, IReadOnlySet<string> sipCallIds)
    {
        var found = new Dictionary<string, PlatformCall>();
        using var document = JsonDocument.Parse(json);
        foreach (var call in List(document.RootElement, "calls"))
        {
            if (Text(call, "sipCallId") is { } sipCallId && sipCallIds.Contains(sipCallId))
            {
                found[sipCallId] = new PlatformCall(
                    Text(call, "id") ?? "",
                    Text(call, "state"),
                    [
                        .. List(call, "turns")
                            .Select(t => new PlatformTurn(
                                Text(t, "speaker") ?? "",
                                Text(t, "text") ?? "",
                                double.TryParse(Text(t, "latencyMs"), CultureInfo.InvariantCulture, out var ms)
                                    ? ms
                                    : null
                            )),
                    ]
                );
            }
        }
        return found;

        static IEnumerable<JsonElement> List(JsonElement parent, string name) =>
            parent.ValueKind == JsonValueKind.Object
            && parent.TryGetProperty(name, out var list)
            && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray()
                : [];

        static string? Text(JsonElement parent, string name) =>
            parent.ValueKind == JsonValueKind.Object
            && parent.TryGetProperty(name, out var value)
            && value.ValueKind != JsonValueKind.Null
                ? value.ToString()
                : null;
    }

    /// <summary>An unlabelled sample of the Prometheus text format.</summary>
    internal static double? Value(string metrics, string name)
    {
        foreach (var line in metrics.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name) && line.Length > name.Length && line[name.Length] == ' ')
            {
                var rest = line[(name.Length + 1)..];
                var end = rest.IndexOf(' ');
                return double.TryParse(
                    end < 0 ? rest : rest[..end],
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var value
                )
                    ? value
                    : null;
            }
        }
        return null;
    }
}
