using System.Diagnostics;
using System.Text;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>Somebody else's program, unmodified, in a folder of its own. It is told what to do on its standard input.</summary>
internal sealed class PeerProcess : IAsyncDisposable
{
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(5);

    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <param name="home">Its working folder and home, so that it leaves nothing behind.</param>
    public static PeerProcess Start(string program, string home, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = home,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = home;
        var peer = new PeerProcess(new Process { StartInfo = start });
        peer._process.OutputDataReceived += (_, line) => peer.OnOutput(line.Data);
        peer._process.ErrorDataReceived += (_, line) => peer.OnOutput(line.Data);
        peer._process.Start();
        peer._process.BeginOutputReadLine();
        peer._process.BeginErrorReadLine();
        return peer;
    }

    public async Task SayAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until it has written the text, the count-th time.</summary>
    public async Task WaitForAsync(string text, TimeSpan within, int count = 1)
    {
        var clock = Stopwatch.StartNew();
        while (Count(Output, text) < count)
        {
            if (clock.Elapsed > within || _process.HasExited)
            {
                throw new TimeoutException(
                    $"{_process.StartInfo.FileName} did not write '{text}' in {within.TotalSeconds} s (ended: {_process.HasExited}):\n{Output}"
                );
            }
            await Task.Delay(20);
        }
    }

    /// <summary>Ends it as a signal from a terminal would, and by force when that does not help.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            {
                await kill.WaitForExitAsync();
            }
            using var deadline = new CancellationTokenSource(EndDeadline);
            try
            {
                await _process.WaitForExitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        _process.Dispose();
    }

    private static int Count(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; count++)
        {
            at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal);
        }
        return count;
    }

    private void OnOutput(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
