using System.CommandLine;
using OCPlatform.AiAdapters.Models;

namespace OCPlatform.Host.Commands;

/// <summary>`models fetch`.</summary>
public static class ModelsCommand
{
    public static Command Create()
    {
        var fetch = new Command("fetch", "Fetches the speech models into the models folder; what is there is kept.");
        fetch.SetAction(
            (arguments, cancellation) =>
                CommonOptions.WithConfigAsync(
                    arguments,
                    config =>
                        ModelFetchCommand.RunAsync(new ModelStore(config.Options.Speech.ModelsDirectory), cancellation)
                )
        );
        return new Command("models", "The speech models.") { fetch };
    }
}
