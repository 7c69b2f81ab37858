using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OCPlatform.CallActors.Captures;
using OCPlatform.CallActors.Records;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors;

/// <summary>What a node has of the calls that live on others: the way to them, and their records.</summary>
public static class CallProxyHosting
{
    /// <summary>The records of calls, for a node that serves them without holding calls. The Database comes from elsewhere.</summary>
    public static IServiceCollection AddCallRecords(this IServiceCollection services, CallOptions options)
    {
        services.TryAddSingleton<CallRecordStore>();
        services.TryAddSingleton<ICallRecords, CallRecords>();
        services.TryAddSingleton(s => new CallCaptures(options.Capture, s.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>
    /// Reaches the calls in place of their region, which nodes with role `call` have; and has what this node carries of them
    /// leave it before it stops.
    /// </summary>
    /// <param name="drain">How long that may take.</param>
    public static AkkaConfigurationBuilder AddCallProxy(this AkkaConfigurationBuilder builder, TimeSpan drain) =>
        builder
            .WithNodeShardProxy<CallRegion>(ShardKind.Calls, CallHosting.Role, new CallShardExtractor())
            .AddCallDrain(drain);
}
