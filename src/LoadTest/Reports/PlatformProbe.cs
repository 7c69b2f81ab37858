using System.Globalization;

namespace OCPlatform.LoadTest;

/// <summary>Reads the platform's <c>/metrics</c> every few seconds while a run goes on. Never fails the run: it says what it missed.</summary>
public sealed class PlatformProbe(HttpClient http, Uri api, string? apiKey, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(4);

    private readonly List<PlatformSample> _samples = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly long _start = time.GetTimestamp();
    private Task _loop = Task.CompletedTask;
    private string? _problem;

    public void Start() => _loop = LoopAsync(_stop.Token);

    /// <summary>A last sample, and all of them.</summary>
    public async Task<PlatformReport> FinishAsync()
    {
        await StopAsync();
        await SampleAsync();
        return new PlatformReport { Samples = _samples, Problem = _problem };
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
        using var deadline = new CancellationTokenSource(Deadline, time);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api, "/metrics"));
            if (apiKey is not null)
            {
                request.Headers.Add("X-Api-Key", apiKey);
            }
            using var response = await http.SendAsync(request, deadline.Token);
            response.EnsureSuccessStatusCode();
            var text = await response.Content.ReadAsStringAsync(deadline.Token);
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
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            _problem = $"{api}metrics: {error.Message}";
        }
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
