using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OCPlatform.Host.Configuration;
using Serilog;

namespace OCPlatform.Host;

/// <summary>Tells a person when the platform is ready, where to dial and where to look; or what keeps it from being so.</summary>
public static class Announcement
{
    /// <summary>How often readiness is asked for during the start.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>After this long the parts that are not ready are named, and again each time it passes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="startedAt">The clock's timestamp when the process began its work.</param>
    public static async Task WhenReadyAsync(WebApplication app, PlatformOptions options, long startedAt)
    {
        var health = app.Services.GetRequiredService<HealthCheckService>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        var lastComplaint = time.GetTimestamp();
        while (!app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            var report = await health.CheckHealthAsync();
            if (report.Status == HealthStatus.Healthy)
            {
                Announce(options, time.GetElapsedTime(startedAt));
                return;
            }
            if (time.GetElapsedTime(lastComplaint) > Patience)
            {
                lastComplaint = time.GetTimestamp();
                foreach (var (name, entry) in report.Entries.Where(entry => entry.Value.Status != HealthStatus.Healthy))
                {
                    Log.Warning("Not ready: {Part}: {Cause}", name, entry.Description);
                }
            }
            await Task.Delay(Poll, time);
        }
    }

    private static void Announce(PlatformOptions options, TimeSpan after)
    {
        if (!options.Node.Has(NodeRole.Gateway))
        {
            Log.Information(
                "Ready after {Seconds:0.0} s as {Roles}",
                after.TotalSeconds,
                string.Join(", ", options.Node.Roles)
            );
            return;
        }
        var port = options.Sip.Port == 5060 ? "" : $":{options.Sip.Port}";
        var phone =
            $"sip:{options.Calls.Agent}@{DialAddress(options.Sip.BindAddress, options.Sip.AdvertisedAddress)}{port}";
        var fromHere = IsAny(options.Sip.BindAddress) ? IPAddress.Loopback.ToString() : options.Sip.BindAddress;
        var page =
            $"http://{(IsAny(options.Http.BindAddress) ? "localhost" : options.Http.BindAddress)}:{options.Http.Port}/";
        Log.Information("Ready after {Seconds:0.0} s; dial {Phone}, open {Page}", after.TotalSeconds, phone, page);
        if (options.Log.Format == LogFormat.Text)
        {
            Console.WriteLine(
                $"""

                  Dial    {phone}   with any softphone on this network
                  Chat    {page}
                  Try it without a phone, in another terminal:  ./ocp load --target sip:{options.Calls.Agent}@{fromHere}{port}
                  Ctrl-C ends it.

                """
            );
        }
    }

    /// <summary>An address at which a phone can reach this machine.</summary>
    private static string DialAddress(string bind, string advertised) =>
        advertised.Length > 0 ? advertised
        : !IsAny(bind) ? bind
        : NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus == OperationalStatus.Up)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => address.AddressFamily == AddressFamily.InterNetwork)
            .OrderBy(IPAddress.IsLoopback)
            .FirstOrDefault(IPAddress.Loopback)
            .ToString();

    private static bool IsAny(string bind) =>
        IPAddress.TryParse(bind, out var address)
        && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}
