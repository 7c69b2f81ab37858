namespace OCPlatform.Bench.Media;

/// <summary>Calls per core with their media; see <see cref="MediaServer"/> for what is measured.</summary>
internal static class MediaBench
{
    public static int Run(string[] arguments)
    {
        if (arguments is ["--serve"])
        {
            return MediaServer.ServeAsync(MediaServer.DefaultSipPort).GetAwaiter().GetResult();
        }
        Console.Error.WriteLine("media --serve");
        return 2;
    }
}
