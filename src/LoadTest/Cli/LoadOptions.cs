using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;

namespace OCPlatform.LoadTest;

/// <summary>The options of <c>ocp load</c> and what they may be.</summary>
internal sealed class LoadOptions
{
    public Option<SipUri[]> Target { get; } =
        new("--target")
        {
            Description =
                "Whom to call; several: calls go round, and to the next one where a target does not take them.",
            DefaultValueFactory = _ => [SipUri.Parse("sip:frontdesk@127.0.0.1:5060")],
            AllowMultipleArgumentsPerToken = true,
            CustomParser = Several(text =>
                SipUri.TryParse(text.StartsWith("sip:", StringComparison.Ordinal) ? text : $"sip:{text}", out var uri)
                    ? uri
                    : throw new FormatException($"“{text}” is no SIP address: write sip:frontdesk@127.0.0.1:5060.")
            ),
        };

    public Option<int?> Calls { get; } =
        new("--calls")
        {
            Description = "Calls in all. Default: 1; with --duration as many as it has room for.",
            CustomParser = One<int?>(text => Count(text, "--calls", 1_000_000)),
        };

    public Option<double> Rate { get; } =
        new("--rate")
        {
            Description = "New calls a second.",
            DefaultValueFactory = _ => 5,
            CustomParser = One(text =>
                double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
                && rate is > 0 and <= 1000
                    ? rate
                    : throw new FormatException($"--rate is calls a second, above 0 up to 1000, not “{text}”.")
            ),
        };

    public Option<TimeSpan?> Hold { get; } =
        new("--hold")
        {
            Description =
                "The caller hangs up this long after the answer, wherever the scenario is. Default: at its end.",
            CustomParser = One<TimeSpan?>(text => DurationText.Parse(text)),
        };

    public Option<TimeSpan?> Duration { get; } =
        new("--duration")
        {
            Description = "Start calls at --rate for this long.",
            CustomParser = One<TimeSpan?>(text => DurationText.Parse(text)),
        };

    public Option<string[]> Scenario { get; } =
        new("--scenario")
        {
            Description =
                $"File or one of {string.Join(", ", ScenarioReader.BuiltInNames)}; several: each call takes one at random. "
                + "Default: hours.",
            AllowMultipleArgumentsPerToken = true,
        };

    public Option<string[]> Wav { get; } =
        new("--wav")
        {
            Description = "Recordings to say one after the other, instead of a scenario.",
            AllowMultipleArgumentsPerToken = true,
        };

    public Option<string[]> Voice { get; } =
        new("--voice")
        {
            Description = $"flite voices of the callers ({string.Join(", ", FliteVoice.Voices)}).",
            // slt is left out: recognisers hear “two feet” for its “tuesday”, and that is not what is to be measured.
            DefaultValueFactory = _ => ["rms", "awb"],
            CustomParser = One(text =>
                text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            ),
        };

    public Option<bool> Repeat { get; } =
        new("--repeat") { Description = "Start the scenario's lines again until --hold is over." };

    public Option<AudioCodec[]> Codec { get; } =
        new("--codec")
        {
            Description = "Codecs to offer, the preferred one first: pcmu, pcma.",
            DefaultValueFactory = _ => [AudioCodec.Pcmu, AudioCodec.Pcma],
            CustomParser = One(text =>
                text.Split(',', StringSplitOptions.TrimEntries)
                    .Select(name =>
                        name.ToLowerInvariant() switch
                        {
                            "pcmu" or "ulaw" => AudioCodec.Pcmu,
                            "pcma" or "alaw" => AudioCodec.Pcma,
                            _ => throw new FormatException($"--codec is pcmu or pcma, not “{name}”."),
                        }
                    )
                    .Distinct()
                    .ToArray()
            ),
        };

    public Option<int> MaxConcurrent { get; } =
        new("--max-concurrent")
        {
            Description = "Calls at once; those due beyond wait and are counted as held back.",
            DefaultValueFactory = _ => 500,
            CustomParser = One(text => Count(text, "--max-concurrent", 5000)),
        };

    public Option<IReadOnlyList<Slo>> Slos { get; } =
        new("--slo")
        {
            Description = "Objectives, such as setup.p99<50ms,v2v.p50<1.2s,failed=0,late.p99<20ms.",
            DefaultValueFactory = _ => [],
            CustomParser = One(Slo.ParseList),
        };

    public Option<FileInfo?> Json { get; } = new("--json") { Description = "Write the report as JSON to this file." };

    public Option<FileInfo?> Csv { get; } = new("--csv") { Description = "Write one row per call to this file." };

    public Option<DirectoryInfo?> SaveAudio { get; } =
        new("--save-audio")
        {
            Description = "Keep each call as a stereo WAV in this folder: caller left, agent right.",
        };

    public Option<bool> Transcribe { get; } =
        new("--transcribe")
        {
            Description =
                "Add what the caller heard, as text, to each turn; needs the platform's speech service (--stt).",
        };

    public Option<Uri> Stt { get; } =
        new("--stt")
        {
            Description = "Speech-to-text for --transcribe (Riva's gRPC).",
            DefaultValueFactory = _ => new Uri("http://127.0.0.1:8081"),
            CustomParser = One(text => HttpUri(text, "--stt")),
        };

    public Option<Uri?> Api { get; } =
        new("--api")
        {
            Description =
                "The platform's HTTP address, such as http://127.0.0.1:8080: adds its memory and CPU to the report.",
            CustomParser = One<Uri?>(text => HttpUri(text, "--api")),
        };

    public Option<string?> ApiKey { get; } = new("--api-key") { Description = "Key for --api beyond loopback." };

    public Option<string?> User { get; } = new("--user") { Description = "User name for digest authentication." };

    public Option<string?> Password { get; } =
        new("--password") { Description = "Password for digest authentication. Default: OCP_LOAD_PASSWORD." };

    public Option<int> Seed { get; } =
        new("--seed") { Description = "Makes the run's random choices repeatable.", DefaultValueFactory = _ => 1 };

    public Option<IPEndPoint?> Bind { get; } =
        new("--bind")
        {
            Description = "Address (and SIP port) to call from. Default: the one the route to the target leaves from.",
            CustomParser = One<IPEndPoint?>(text =>
                IPEndPoint.TryParse(text, out var endPoint)
                    ? endPoint
                    : throw new FormatException($"--bind is an IP address, with a port or without, not “{text}”.")
            ),
        };

    public IEnumerable<Option> All =>
        [
            Target,
            Calls,
            Rate,
            Hold,
            Duration,
            Scenario,
            Wav,
            Voice,
            Repeat,
            Codec,
            MaxConcurrent,
            Slos,
            Json,
            Csv,
            SaveAudio,
            Transcribe,
            Stt,
            Api,
            ApiKey,
            User,
            Password,
            Seed,
            Bind,
        ];

    private static int Count(string text, string name, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        && count >= 1
        && count <= most
            ? count
            : throw new FormatException($"{name} is a number from 1 to {most}, not “{text}”.");

    private static Uri HttpUri(string text, string name) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new FormatException($"{name} is an address such as http://127.0.0.1:8080, not “{text}”.");

    /// <summary>As <see cref="One"/>, for an option that may be given several times.</summary>
    private static Func<ArgumentResult, T[]?> Several<T>(Func<string, T> parse) =>
        result =>
        {
            try
            {
                return [.. result.Tokens.Select(token => parse(token.Value))];
            }
            catch (FormatException error)
            {
                result.AddError(error.Message);
                return default;
            }
        };

    /// <summary>A parser of one argument whose FormatException is the user's message.</summary>
    private static Func<ArgumentResult, T?> One<T>(Func<string, T> parse) =>
        result =>
        {
            try
            {
                return parse(result.Tokens[^1].Value);
            }
            catch (FormatException error)
            {
                result.AddError(error.Message);
                return default;
            }
        };
}
