using OCPlatform.LoadTest;
using OCPlatform.LoadTest.Chaos;
using Spectre.Console;

if (Console.IsOutputRedirected)
{
    // In a file or a pipe nothing is to be wrapped.
    AnsiConsole.Profile.Width = 240;
}
return args is ["chaos", .. var rest]
    ? await ChaosCommand.RunAsync(rest, AnsiConsole.Console, Console.Error, TimeProvider.System)
    : await LoadCommand.RunAsync(args, AnsiConsole.Console, Console.Error, TimeProvider.System);
