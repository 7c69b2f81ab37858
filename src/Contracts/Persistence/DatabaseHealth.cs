using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OCPlatform.Contracts.Persistence;

/// <summary>
/// Knows the database's health from what the journals tell, and from a look of its own each second. It counts as away
/// after two failures without a success between, and as back with the first success of a look: not of a journal, whose
/// connection may be one of the last that live.
/// </summary>
public sealed class DatabaseHealth(Database database, TimeProvider time, ILogger<DatabaseHealth> log)
    : BackgroundService,
        IDatabaseHealth
{
    private const int FailuresUntilAway = 2;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookDeadline = TimeSpan.FromSeconds(2);

    private int _failures;
    private volatile string? _cause;
    private long _awaySince;

    public bool IsAway => _cause is not null;

    public string? Cause => _cause;

    public void Succeeded()
    {
        if (_cause is null && Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
        }
    }

    public void Failed(string cause)
    {
        if (Interlocked.Increment(ref _failures) < FailuresUntilAway)
        {
            return;
        }
        if (Interlocked.Exchange(ref _cause, cause) is null)
        {
            Volatile.Write(ref _awaySince, time.GetTimestamp());
            log.LogError("The database is away: {Cause}", cause);
            ForgetConnections();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(stoppingToken);
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        using var deadline = new CancellationTokenSource(LookDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, deadline.Token);
        try
        {
            // A driver that waits for a dead socket may be deaf to the token.
            await database.TouchAsync(either.Token).WaitAsync(either.Token);
            OnSeen();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested) { }
        catch (OperationCanceledException)
        {
            Failed($"no answer within {LookDeadline.TotalSeconds:0} s");
        }
        catch (Exception e)
        {
            Failed(e.Message);
        }
    }

    private void OnSeen()
    {
        Volatile.Write(ref _failures, 0);
        if (Interlocked.Exchange(ref _cause, null) is not null)
        {
            log.LogInformation(
                "The database is back after {Seconds:0.0} s",
                time.GetElapsedTime(Volatile.Read(ref _awaySince)).TotalSeconds
            );
        }
    }

    /// <summary>Those in the pool died with the server: each would cost somebody one more failure.</summary>
    private void ForgetConnections()
    {
        if (database.Provider == DatabaseProvider.Postgres)
        {
            using var connection = new NpgsqlConnection(database.ConnectionString);
            NpgsqlConnection.ClearPool(connection);
        }
    }
}

public static class DatabaseHosting
{
    /// <summary>The health of the database, which must be registered as well, and what follows from it for new calls.</summary>
    public static IServiceCollection AddDatabaseHealth(
        this IServiceCollection services,
        DatabaseAwayPolicy newCallsWhenAway
    ) =>
        services
            .AddSingleton<DatabaseHealth>()
            .AddSingleton<IDatabaseHealth>(s => s.GetRequiredService<DatabaseHealth>())
            .AddSingleton(s => new NewCalls(s.GetRequiredService<IDatabaseHealth>(), newCallsWhenAway))
            .AddHostedService(s => s.GetRequiredService<DatabaseHealth>());
}
