using System.CommandLine;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Commands;

/// <summary>`config check | show | docs | example`.</summary>
public static class ConfigCommand
{
    public static Command Create()
    {
        var check = new Command("check", "Checks the configuration without starting anything.");
        check.SetAction((arguments, _) => CommonOptions.WithConfigAsync(arguments, Check));
        var show = new Command("show", "Prints the settings in force and where each came from; secrets are masked.");
        show.SetAction((arguments, _) => CommonOptions.WithConfigAsync(arguments, Show));
        var docs = new Command("docs", "Prints the text of docs/configuration.md.");
        docs.SetAction(_ => Console.Out.Write(ConfigDocs.Markdown()));
        var example = new Command("example", "Prints the text of ocplatform.example.yaml.");
        example.SetAction(_ => Console.Out.Write(ConfigDocs.ExampleYaml()));
        return new Command("config", "Looks at the configuration.") { check, show, docs, example };
    }

    private static Task<int> Check(LoadedConfig config)
    {
        Console.WriteLine(config.File is null ? "No file; the defaults are good." : $"{config.File} is good.");
        return Task.FromResult(0);
    }

    private static Task<int> Show(LoadedConfig config)
    {
        Console.Write(ConfigDocs.Effective(config));
        return Task.FromResult(0);
    }
}
