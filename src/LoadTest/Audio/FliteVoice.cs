using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace OCPlatform.LoadTest;

/// <summary>
/// Lines spoken by Debian's <c>flite</c>, one process per new line, kept as WAV files in a folder so that a run does not
/// pay for the same line twice. A process and not the platform's engine: the caller's voice must not depend on what is
/// measured.
/// </summary>
/// <param name="cacheFolder">Created when it is not there.</param>
public sealed class FliteVoice(string cacheFolder)
{
    /// <summary>The voices in Debian's flite; a file (<c>.flitevox</c>) is one too.</summary>
    public static readonly IReadOnlyList<string> Voices = ["rms", "slt", "awb", "kal", "kal16"];

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>The user's cache folder.</summary>
    public static string DefaultCacheFolder =>
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache
                ? cache
                : Path.Combine(
                    Environment.GetFolderPath(
                        Environment.SpecialFolder.UserProfile,
                        Environment.SpecialFolderOption.None
                    ),
                    ".cache"
                ),
            "ocplatform",
            "load"
        );

    /// <exception cref="FliteException">flite is not there, does not know the voice, or failed.</exception>
    public async Task<SpokenLine> SayAsync(string text, string voice, CancellationToken stop = default)
    {
        // To flite an unknown voice is no error: it would speak with its default one.
        if (!Voices.Contains(voice) && !File.Exists(voice))
        {
            throw new FliteException($"flite has no voice “{voice}”; there are {string.Join(", ", Voices)}.");
        }
        Directory.CreateDirectory(cacheFolder);
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{voice}\n{text}")))[..24];
        var path = Path.Combine(cacheFolder, $"{Path.GetFileNameWithoutExtension(voice)}-{key}.wav");
        if (!File.Exists(path))
        {
            // Written aside and moved, so that a run that is stopped, or two at once, leave no half file.
            var fresh = Path.Combine(cacheFolder, $"{Guid.NewGuid():n}.tmp");
            try
            {
                await RunAsync(text, voice, fresh, stop);
                File.Move(fresh, path, overwrite: true);
            }
            finally
            {
                File.Delete(fresh);
            }
        }
        return TelephoneAudio.ReadLine(path, text);
    }

    private static async Task RunAsync(string text, string voice, string path, CancellationToken stop)
    {
        var start = new ProcessStartInfo("flite")
        {
            ArgumentList = { "-voice", voice, "-t", text, "-o", path },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = StartProcess(start);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Deadline);
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            stop.ThrowIfCancellationRequested();
            throw new FliteException($"flite took longer than {Deadline.TotalSeconds} s for “{text}”.");
        }
        var complaint = (await errors).Trim();
        if (process.ExitCode != 0 || !File.Exists(path))
        {
            throw new FliteException($"flite could not say “{text}” with voice {voice}: {complaint}");
        }
    }

    private static Process StartProcess(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new FliteException("flite did not start.");
        }
        catch (Win32Exception)
        {
            throw new FliteException("flite is not installed: apt-get install flite, or give recordings with --wav.");
        }
    }
}

/// <summary>A line could not be spoken; the message says why and what to do.</summary>
public sealed class FliteException(string message) : Exception(message);
