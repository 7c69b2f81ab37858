using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OCPlatform.CallActors.Captures;
using OCPlatform.CallActors.Records;
using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors;

/// <summary>What a node knows of calls that live on others.</summary>
public static class CallRecordHosting
{
    /// <summary>The records of calls, for a node that serves them without holding calls. The Database comes from elsewhere.</summary>
    public static IServiceCollection AddCallRecords(this IServiceCollection services, CallOptions options)
    {
        services.TryAddSingleton<CallRecordStore>();
        services.TryAddSingleton<ICallRecords, CallRecords>();
        services.TryAddSingleton(s => new CallCaptures(options.Capture, s.GetRequiredService<TimeProvider>()));
        return services;
    }
}
