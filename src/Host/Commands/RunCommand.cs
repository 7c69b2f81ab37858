using System.CommandLine;
using Microsoft.AspNetCore.Connections;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Dialog.Agents;
using OCPlatform.Host.Configuration;
using OCPlatform.Host.Telemetry;
using Serilog;

namespace OCPlatform.Host.Commands;

/// <summary>`run`: the platform itself, until SIGINT or SIGTERM.</summary>
public static class RunCommand
{
    private static readonly TimeSpan FreeTimeout = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var command = new Command("run", "Runs the platform (the default).");
        command.SetAction(RunAsync);
        return command;
    }

    public static Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation) =>
        CommonOptions.WithConfigAsync(arguments, RunAsync);

    private static async Task<int> RunAsync(LoadedConfig config)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        LogSetup.Start(config.Options.Log);
        try
        {
            var platform = await Platform.CreateAsync(config);
            await platform.StartAsync();
            await Announcement.WhenReadyAsync(platform, config.Options, startedAt);
            await RunUntilStoppedAsync(platform);
            var exitCode = platform.Services.GetRequiredService<NodeFence>().HasFallen ? FencedExit.ExitCode : 0;
            await FreeAsync(platform, exitCode);
            return exitCode;
        }
        catch (StartException e)
        {
            Log.Fatal("{Cause}", e.Message);
            return 1;
        }
        catch (AgentDefinitionException e)
        {
            Log.Fatal("The agents cannot be used:");
            foreach (var problem in e.Problems)
            {
                Log.Fatal("{Problem:l}", problem);
            }
            return CommonOptions.BadConfiguration;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            Log.Fatal("{Cause} Is a platform running already? http.port and ai.port choose others.", e.Message);
            return 1;
        }
        catch (Exception e)
        {
            Log.Fatal(e, "The platform cannot run");
            return 1;
        }
        finally
        {
            await Log.CloseAndFlushAsync();
        }
    }

    private static async Task RunUntilStoppedAsync(WebApplication platform)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (platform.Lifetime.ApplicationStopping.Register(stopping.SetResult))
        {
            await stopping.Task;
        }
        using var deadline = new CancellationTokenSource(platform.Services.GetRequiredService<GracefulStop>().Deadline);
        await platform.StopAsync(deadline.Token);
    }

    /// <summary>An engine in the middle of a sentence takes seconds to let go; a process that ends need not wait for it.</summary>
    private static async Task FreeAsync(WebApplication platform, int exitCode)
    {
        try
        {
            await platform.DisposeAsync().AsTask().WaitAsync(FreeTimeout, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            await Log.CloseAndFlushAsync();
            Environment.Exit(exitCode);
        }
    }
}

/// <summary>The platform cannot start, for a reason whose message names the remedy; a stack trace would not help.</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
