using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Http;

/// <summary>The built page at `/`. Paths that are no file and no endpoint get index.html: the page routes them itself.</summary>
public static class WebPage
{
    private static readonly string[] OwnPaths =
    [
        "/api",
        "/metrics",
        "/sip",
        "/cluster",
        "/health",
        "/chat",
        "/openapi.json",
    ];

    public static void UseWebPage(this WebApplication app, HttpOptions options)
    {
        var folder = Path.GetFullPath(options.WebFolder);
        if (!File.Exists(Path.Combine(folder, "index.html")))
        {
            return;
        }
        var files = new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(folder),
            OnPrepareResponse = SetCaching,
        };
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files.FileProvider });
        app.UseStaticFiles(files);
        app.MapFallbackToFile("index.html", files)
            .Add(endpoint =>
            {
                var serve = endpoint.RequestDelegate!;
                endpoint.RequestDelegate = context =>
                    OwnPaths.Any(path => context.Request.Path.StartsWithSegments(path))
                        ? Results.Problem(statusCode: 404).ExecuteAsync(context)
                        : serve(context);
            });
    }

    /// <summary>Vite puts a hash into the names under assets/: they never change. The rest is asked for each time.</summary>
    private static void SetCaching(StaticFileResponseContext response)
    {
        var forEver = response.Context.Request.Path.StartsWithSegments("/assets");
        response.Context.Response.Headers.CacheControl = forEver ? "public, max-age=31536000, immutable" : "no-cache";
        response.Context.Response.Headers.XContentTypeOptions = "nosniff";
    }
}
