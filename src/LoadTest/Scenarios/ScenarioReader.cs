using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OCPlatform.LoadTest;

/// <summary>A scenario that cannot be used; the message names the file, the line and the fix.</summary>
public sealed class ScenarioException(string source, long line, string message)
    : Exception(line > 0 ? $"{source}:{line}: {message}" : $"{source}: {message}")
{
    /// <summary>1-based; 0 when the fault is in no line of it.</summary>
    public long Line { get; } = line;
}

/// <summary>
/// Reads scenarios (docs/load-testing.md describes the keys). Unknown keys are errors: a misspelt one would change the
/// measurement silently.
/// </summary>
public sealed class ScenarioReader
{
    private const string ResourcePrefix = "OCPlatform.LoadTest.Scenarios.BuiltIn.";
    private readonly string _source;
    private readonly string _folder;

    private ScenarioReader(string source, string folder)
    {
        _source = source;
        _folder = folder;
    }

    /// <summary>The scenarios that come with the harness.</summary>
    public static IReadOnlyList<string> BuiltInNames { get; } =
    [
        .. typeof(ScenarioReader)
            .Assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(n => n[ResourcePrefix.Length..^".yaml".Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A built-in scenario by its name, or a file.</summary>
    /// <exception cref="ScenarioException">There is none, or it is wrong.</exception>
    public static Scenario Load(string nameOrPath)
    {
        if (BuiltInNames.Contains(nameOrPath))
        {
            using var resource = typeof(ScenarioReader).Assembly.GetManifestResourceStream(
                ResourcePrefix + nameOrPath + ".yaml"
            )!;
            using var reader = new StreamReader(resource);
            return Parse(reader.ReadToEnd(), nameOrPath, ".");
        }
        if (!File.Exists(nameOrPath))
        {
            throw new ScenarioException(
                nameOrPath,
                0,
                $"no such scenario file, and none of the built-in ones ({string.Join(", ", BuiltInNames)})."
            );
        }
        return Parse(File.ReadAllText(nameOrPath), nameOrPath, Path.GetDirectoryName(Path.GetFullPath(nameOrPath))!);
    }

    /// <param name="source">What error messages call it.</param>
    /// <param name="folder">What relative WAV paths are relative to.</param>
    /// <exception cref="ScenarioException">It is wrong.</exception>
    public static Scenario Parse(string yaml, string source = "scenario", string folder = ".")
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            throw new ScenarioException(source, error.Start.Line, error.Message);
        }
        var reader = new ScenarioReader(source, folder);
        return stream.Documents.Count == 0
            ? throw new ScenarioException(source, 0, "is empty: a scenario has at least a name.")
            : reader.ReadScenario(stream.Documents[0].RootNode);
    }

    private Scenario ReadScenario(YamlNode root)
    {
        if (root is not YamlMappingNode map)
        {
            throw Fault(root, "a scenario is a mapping with name and lines.");
        }
        var scenario = new Scenario { Name = Path.GetFileNameWithoutExtension(_source) };
        foreach (var (keyNode, value) in map)
        {
            scenario = Text(keyNode, "a key") switch
            {
                "name" => scenario with { Name = Text(value, "name") },
                "voice" => scenario with { Voice = Text(value, "voice") },
                "greeting" => scenario with { Greeting = Boolean(value, "greeting") },
                "reply-timeout" => scenario with { ReplyTimeout = Duration(value, "reply-timeout") },
                "end-of-speech" => scenario with { EndOfSpeech = Duration(value, "end-of-speech") },
                "end" => scenario with { End = ReadEnd(value) },
                "repeat" => scenario with { Repeat = Boolean(value, "repeat") },
                "lines" => scenario with { Lines = ReadLines(value) },
                var key => throw Fault(
                    keyNode,
                    $"unknown key “{key}”; there are name, voice, greeting, reply-timeout, end-of-speech, end, repeat, lines."
                ),
            };
        }
        if (scenario.EndOfSpeech < TimeSpan.FromMilliseconds(300))
        {
            throw Fault(root, "end-of-speech must be at least 300ms: words have pauses too.");
        }
        return scenario.Repeat && scenario.Lines.Count == 0
            ? throw Fault(root, "repeat needs at least one line.")
            : scenario;
    }

    private ScenarioEnd ReadEnd(YamlNode node) =>
        Text(node, "end") switch
        {
            "hang-up" => ScenarioEnd.HangUp,
            "wait" => ScenarioEnd.WaitForAgent,
            var other => throw Fault(node, $"end is hang-up or wait, not “{other}”."),
        };

    private List<ScenarioLine> ReadLines(YamlNode node) =>
        node is YamlSequenceNode list
            ? [.. list.Select(ReadLine)]
            : throw Fault(node, "lines is a list: “- say: hello”.");

    private ScenarioLine ReadLine(YamlNode node)
    {
        if (node is YamlScalarNode { Value: { Length: > 0 } said })
        {
            return new SayLine(said);
        }
        if (node is not YamlMappingNode map)
        {
            throw Fault(node, "a line is a text or a mapping with say, wav, dtmf or silence.");
        }
        ScenarioLine? line = null;
        string? voice = null;
        TimeSpan? think = null;
        TimeSpan? bargeIn = null;
        var replyRequired = true;
        foreach (var (keyNode, value) in map)
        {
            var key = Text(keyNode, "a key");
            switch (key)
            {
                case "say":
                    line = One(line, keyNode, new SayLine(Text(value, key)));
                    break;
                case "wav":
                    line = One(line, keyNode, new WavLine(ExistingFile(value)));
                    break;
                case "dtmf":
                    line = One(line, keyNode, new DtmfLine(Digits(value)));
                    break;
                case "silence":
                    line = One(line, keyNode, new SilenceLine(Duration(value, key)));
                    break;
                case "voice":
                    voice = Text(value, key);
                    break;
                case "think":
                    think = Duration(value, key);
                    break;
                case "barge-in":
                    bargeIn = Duration(value, key);
                    break;
                case "reply":
                    replyRequired = Text(value, key) switch
                    {
                        "required" => true,
                        "optional" => false,
                        var other => throw Fault(value, $"reply is required or optional, not “{other}”."),
                    };
                    break;
                default:
                    throw Fault(
                        keyNode,
                        $"unknown key “{key}”; a line has say, wav, dtmf or silence, and voice, think, barge-in, reply."
                    );
            }
        }
        line = line switch
        {
            null => throw Fault(node, "a line needs one of say, wav, dtmf, silence."),
            SayLine say => say with { Voice = voice },
            _ when voice is not null => throw Fault(node, "voice goes with say only."),
            SilenceLine when bargeIn is not null => throw Fault(node, "silence cannot barge in."),
            _ => line,
        };
        return line with { Think = think ?? line.Think, BargeIn = bargeIn, ReplyRequired = replyRequired };
    }

    private ScenarioLine One(ScenarioLine? already, YamlNode node, ScenarioLine line) =>
        already is null ? line : throw Fault(node, "a line has only one of say, wav, dtmf, silence.");

    private string ExistingFile(YamlNode node)
    {
        var path = Path.Combine(_folder, Text(node, "wav"));
        return File.Exists(path) ? path : throw Fault(node, $"no such file: {path}.");
    }

    private string Digits(YamlNode node)
    {
        var digits = Text(node, "dtmf").ToUpperInvariant();
        return digits.All(c => char.IsAsciiDigit(c) || c is '*' or '#' or (>= 'A' and <= 'D')) && digits.Length <= 32
            ? digits
            : throw Fault(node, $"dtmf takes up to 32 of 0–9, *, # and A–D, not “{digits}”.");
    }

    private TimeSpan Duration(YamlNode node, string key) =>
        DurationText.TryParse(Text(node, key), out var duration)
            ? duration
            : throw Fault(node, $"{key} is a duration such as 800ms, 1.5s or 2m, not “{node}”.");

    private bool Boolean(YamlNode node, string key) =>
        Text(node, key) switch
        {
            "true" or "yes" => true,
            "false" or "no" => false,
            var other => throw Fault(node, $"{key} is true or false, not “{other}”."),
        };

    private string Text(YamlNode node, string key) =>
        node is YamlScalarNode { Value: { Length: > 0 } text } ? text : throw Fault(node, $"{key} needs a value.");

    private ScenarioException Fault(YamlNode node, string message) => new(_source, node.Start.Line, message);
}
