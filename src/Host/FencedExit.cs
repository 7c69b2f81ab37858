using OCPlatform.Contracts.Nodes;
using OCPlatform.Gateways.Sip;
using Serilog;

namespace OCPlatform.Host;

/// <summary>
/// What a fallen fence does to the process: SIP is silent at once, the rest is stopped without goodbyes, and the process
/// ends soon with <see cref="ExitCode"/>, so that a supervisor starts it afresh.
/// </summary>
public sealed class FencedExit(
    NodeFence fence,
    SipGatewayStatus sip,
    IHostApplicationLifetime lifetime,
    TimeProvider time
) : IHostedService
{
    /// <summary>EX_TEMPFAIL of sysexits.h: nothing is wrong with the node but that it was cut off; start it again.</summary>
    public const int ExitCode = 75;

    /// <summary>Nothing has to be finished: this is for log lines and the heads of recordings.</summary>
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(1.5);

    private ITimer? _end;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        fence.OnFall(sip.Silence);
        fence.OnFall(() =>
        {
            _end = time.CreateTimer(_ => End(), null, LastMoment, Timeout.InfiniteTimeSpan);
            // Stopping runs callbacks of many; the fence waits for none of them.
            ThreadPool.QueueUserWorkItem(_ => lifetime.StopApplication());
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void End()
    {
        _end?.Dispose();
        Log.CloseAndFlush();
        Environment.Exit(ExitCode);
    }
}
