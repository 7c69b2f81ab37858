using Microsoft.Extensions.DependencyInjection;

namespace OCPlatform.CallActors.Recording;

/// <summary>Puts recording into a node.</summary>
public static class RecordingHosting
{
    /// <summary>What recordings are made of. The Database and the calls must be registered as well.</summary>
    /// <param name="nodeName">How the catalogue names this node.</param>
    public static IServiceCollection AddRecording(
        this IServiceCollection services,
        RecordingOptions options,
        string nodeName
    )
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => new RecordingFolder(options.Folder, nodeName));
        services.AddSingleton<RecordingCatalog>();
        if (options.S3.Bucket.Length > 0)
        {
            services.AddSingleton(s => new S3RecordingStore(options.S3, s.GetRequiredService<RecordingFolder>()));
            services.AddSingleton<IRecordingStore>(s => s.GetRequiredService<S3RecordingStore>());
            services.AddSingleton(s => ActivatorUtilities.CreateInstance<RecordingUploads>(s, nodeName));
        }
        else
        {
            services.AddSingleton<IRecordingStore, FileRecordingStore>();
        }
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<RecordingDesk>(s, nodeName));
        services.AddSingleton<RecordingRecovery>();
        services.AddSingleton<RecordingDeletion>();
        services.AddSingleton<RecordingPlayback>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<RecordingRetention>(s, nodeName));
        services.AddHostedService<RecordingKeeper>();
        return services;
    }
}
