namespace OCPlatform.EndToEnd.Tests;

/// <summary>
/// One running platform for all tests of the collection "platform": mark a class with [Collection(PlatformCollection.Name)]
/// and take a HostFixture in its constructor. A test that stops or configures the platform starts its own with
/// <see cref="PlatformProcess.StartAsync"/> instead.
/// </summary>
public sealed class HostFixture : IAsyncLifetime
{
    private PlatformProcess? _platform;

    public PlatformProcess Platform => _platform ?? throw new InvalidOperationException("The platform is not started.");

    public async Task InitializeAsync() => _platform = await PlatformProcess.StartAsync("platform");

    public async Task DisposeAsync()
    {
        var (exitCode, took) = await Platform.StopAsync();
        await Platform.DisposeAsync();
        exitCode.Should().Be(0, "a stop by SIGTERM is a success");
        took.Should().BeLessThan(PlatformProcess.StopDeadline);
    }
}

[CollectionDefinition(Name)]
public sealed class PlatformCollection : ICollectionFixture<HostFixture>
{
    public const string Name = "platform";
}
