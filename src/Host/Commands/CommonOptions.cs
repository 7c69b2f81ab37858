using System.CommandLine;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Commands;

/// <summary>Options that several commands take, and what they share: loading the configuration or saying why not.</summary>
public static class CommonOptions
{
    /// <summary>Exit code for a configuration that cannot be used (EX_CONFIG of sysexits.h).</summary>
    public const int BadConfiguration = 78;

    public static Option<string?> Config { get; } =
        new("--config")
        {
            Description = "The configuration file. Default: OCP_CONFIG, else ocplatform.yaml when it is there.",
            HelpName = "FILE",
            Recursive = true,
        };

    /// <summary>Loads the configuration and runs the command with it; prints every problem when it cannot be used.</summary>
    public static async Task<int> WithConfigAsync(ParseResult arguments, Func<LoadedConfig, Task<int>> command)
    {
        LoadedConfig config;
        try
        {
            config = ConfigLoader.Load(arguments.GetValue(Config));
        }
        catch (ConfigurationException e)
        {
            await Console.Error.WriteLineAsync("The configuration cannot be used:");
            foreach (var problem in e.Problems)
            {
                await Console.Error.WriteLineAsync($"  {problem}");
            }
            return BadConfiguration;
        }
        return await command(config);
    }
}
