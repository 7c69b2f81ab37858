namespace OCPlatform.EndToEnd.Tests;

/// <summary>Where the sources and the build under test lie.</summary>
public static class Repository
{
    /// <summary>The folder that holds OCPlatform.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The built output of a project, in the configuration these tests were built in.</summary>
    public static string OutputOf(string project)
    {
        var configuration = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal)
            ? "Debug"
            : "Release";
        return Path.Combine(Root, "src", project, "bin", configuration, "net10.0", $"OCPlatform.{project}.dll");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OCPlatform.sln")))
            {
                return folder.FullName;
            }
        }
        throw new InvalidOperationException($"No OCPlatform.sln above {AppContext.BaseDirectory}.");
    }
}
