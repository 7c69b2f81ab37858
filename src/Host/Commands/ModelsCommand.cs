using System.CommandLine;

namespace OCPlatform.Host.Commands;

/// <summary>`models fetch`.</summary>
public static class ModelsCommand
{
    public static Command Create()
    {
        var fetch = new Command("fetch", "Fetches the speech models into the models folder; what is there is kept.");
        fetch.SetAction((arguments, _) => CommonOptions.WithConfigAsync(arguments, _ => Task.FromResult(0)));
        return new Command("models", "The speech models.") { fetch };
    }
}
