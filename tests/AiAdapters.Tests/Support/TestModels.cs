using OCPlatform.AiAdapters.Models;

namespace OCPlatform.AiAdapters.Tests.Support;

/// <summary>The checkout's models, fetched when they are not there yet. Without them the tests fail; they are never skipped.</summary>
public static class TestModels
{
    private static readonly Lazy<Task<ModelStore>> Fetched = new(FetchAsync);

    public static Task<ModelStore> GetAsync() => Fetched.Value;

    /// <summary>The folder of OCPlatform.sln.</summary>
    public static string CheckoutRoot()
    {
        for (var up = new DirectoryInfo(AppContext.BaseDirectory); up is not null; up = up.Parent)
        {
            if (File.Exists(Path.Combine(up.FullName, "OCPlatform.sln")))
                return up.FullName;
        }

        throw new InvalidOperationException("The tests must run inside the checkout.");
    }

    private static async Task<ModelStore> FetchAsync()
    {
        var store = new ModelStore(Path.Combine(CheckoutRoot(), "models"));
        await store.FetchAsync();
        return store;
    }
}
