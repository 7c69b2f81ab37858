using OCPlatform.Host.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;
using LogLevel = OCPlatform.Host.Configuration.LogLevel;

namespace OCPlatform.Host.Telemetry;

/// <summary>One structured line per event, to standard output. An event of a call carries the property CallId.</summary>
public static class LogSetup
{
    private const string TextTemplate = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Call:l}{Message:lj}{NewLine}{Exception}";

    /// <summary>Sets the process's logger; <see cref="Log.CloseAndFlush"/> ends it.</summary>
    public static void Start(LogOptions options)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Is(LevelOf(options.Level))
            // One line per HTTP request and per gRPC call would bury the calls; their failures are logged as warnings.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            // /health/ready says in its answer what is not ready yet.
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
            .MinimumLevel.Override("Grpc", LogEventLevel.Warning)
            .MinimumLevel.Override("System.Net.Http", LogEventLevel.Warning)
            .MinimumLevel.Override(
                "Akka",
                options.Level == LogLevel.Debug ? LogEventLevel.Debug : LogEventLevel.Warning
            )
            .Enrich.FromLogContext()
            .Enrich.With<CallColumn>();
        Log.Logger = options.Format switch
        {
            LogFormat.Json => logger.WriteTo.Console(new CompactJsonFormatter()).CreateLogger(),
            _ => logger.WriteTo.Console(outputTemplate: TextTemplate).CreateLogger(),
        };
    }

    /// <summary>The level at which Akka itself filters, in its words.</summary>
    public static Akka.Event.LogLevel AkkaLevelOf(LogLevel level) =>
        level switch
        {
            LogLevel.Debug => Akka.Event.LogLevel.DebugLevel,
            LogLevel.Information => Akka.Event.LogLevel.InfoLevel,
            LogLevel.Warning => Akka.Event.LogLevel.WarningLevel,
            _ => Akka.Event.LogLevel.ErrorLevel,
        };

    private static LogEventLevel LevelOf(LogLevel level) =>
        level switch
        {
            LogLevel.Debug => LogEventLevel.Debug,
            LogLevel.Information => LogEventLevel.Information,
            LogLevel.Warning => LogEventLevel.Warning,
            _ => LogEventLevel.Error,
        };

    /// <summary>Puts the call's id in front of the text, where there is one.</summary>
    private sealed class CallColumn : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            if (logEvent.Properties.TryGetValue("CallId", out var id))
            {
                var text = id is ScalarValue { Value: { } value } ? value.ToString() : id.ToString();
                logEvent.AddPropertyIfAbsent(new LogEventProperty("Call", new ScalarValue($"[{text}] ")));
            }
        }
    }
}
