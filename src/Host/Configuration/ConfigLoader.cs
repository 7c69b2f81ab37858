using System.Collections;

namespace OCPlatform.Host.Configuration;

/// <summary>The options in force, and where each written key came from.</summary>
public sealed record LoadedConfig(
    PlatformOptions Options,
    IReadOnlyDictionary<string, ConfigOrigin> Origins,
    string? File
);

/// <summary>Finds, reads and checks the configuration: defaults, then the file, then the environment.</summary>
public static class ConfigLoader
{
    public const string DefaultFile = "ocplatform.yaml";

    /// <summary>Loads from `--config`, else OCP_CONFIG, else ocplatform.yaml here when it is there, else defaults alone.</summary>
    /// <exception cref="ConfigurationException">With every problem found.</exception>
    public static LoadedConfig Load(string? configFile)
    {
        var variables = Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? ""))
            .ToList();
        var named = configFile ?? variables.FirstOrDefault(pair => pair.Key == "OCP_CONFIG").Value;
        var file = string.IsNullOrEmpty(named) ? (File.Exists(DefaultFile) ? DefaultFile : null) : named;
        if (file is null)
        {
            return Load(null, "", variables);
        }
        try
        {
            return Load(file, File.ReadAllText(file), variables);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{file}: cannot be read: {e.Message}"]);
        }
    }

    /// <summary>Loads from the text of a file and the given environment.</summary>
    public static LoadedConfig Load(string? file, string yaml, IEnumerable<KeyValuePair<string, string>> variables)
    {
        var root = YamlSource.Parse(file ?? DefaultFile, yaml);
        var problems = new List<string>();
        EnvironmentSource.Overlay(root, typeof(PlatformOptions), variables, problems);
        var options = new PlatformOptions();
        var binder = new OptionsBinder();
        binder.Bind(options, root, "");
        // Values that could not be read still hold their defaults; checking those would only blur the first complaint.
        if (binder.Problems.Count == 0)
        {
            binder.Validate(options, "");
        }
        if (binder.Problems.Count == 0)
        {
            FollowAiPort(options, binder.Origins);
            binder.ValidateWhole(options, "");
        }
        problems.AddRange(binder.Problems);
        return problems.Count == 0
            ? new LoadedConfig(options, binder.Origins, file)
            : throw new ConfigurationException(problems);
    }

    /// <summary>The speech and dialogue services are the node's own unless an address was written: those move with ai.port.</summary>
    private static void FollowAiPort(PlatformOptions options, IReadOnlyDictionary<string, ConfigOrigin> written)
    {
        var own = $"http://127.0.0.1:{options.Ai.Port}";
        if (!written.ContainsKey("speech.stt.address"))
        {
            options.Speech.Stt.Address = own;
        }
        if (!written.ContainsKey("speech.tts.address"))
        {
            options.Speech.Tts.Address = own;
        }
        if (!written.ContainsKey("dialog.model.address"))
        {
            options.Dialog.Model.Address = own;
        }
    }
}
