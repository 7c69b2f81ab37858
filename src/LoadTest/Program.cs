using OCPlatform.LoadTest;
using Spectre.Console;

if (Console.IsOutputRedirected)
{
    // In a file or a pipe nothing is to be wrapped.
    AnsiConsole.Profile.Width = 240;
}
return await LoadCommand.RunAsync(args, AnsiConsole.Console, Console.Error, TimeProvider.System);
