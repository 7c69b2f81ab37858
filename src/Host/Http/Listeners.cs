using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OCPlatform.Host.Commands;
using OCPlatform.Host.Configuration;

namespace OCPlatform.Host.Http;

/// <summary>One Kestrel, two doors: the web side (HTTP/1.1), and gRPC (HTTP/2 without TLS) on nodes with role `ai`.</summary>
public static class Listeners
{
    /// <summary>Greatest body of a web request, in bytes: the API takes small JSON only.</summary>
    private const int MaxRequestBodyBytes = 1 << 20;

    public static void ListenOn(this WebApplicationBuilder builder, PlatformOptions options)
    {
        if (!IPAddress.TryParse(options.Http.BindAddress, out var address))
        {
            throw new StartException($"http.bindAddress '{options.Http.BindAddress}' is no IP address.");
        }
        if (!IPAddress.TryParse(options.Ai.BindAddress, out var aiAddress))
        {
            throw new StartException($"ai.bindAddress '{options.Ai.BindAddress}' is no IP address.");
        }
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(
                address,
                options.Http.Port,
                listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                }
            );
            if (options.Node.Has(NodeRole.Ai))
            {
                kestrel.Listen(
                    aiAddress,
                    options.Ai.Port,
                    listen =>
                    {
                        listen.Protocols = HttpProtocols.Http2;
                    }
                );
            }
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
        });
    }

    /// <summary>Keeps the doors apart: gRPC is not served on the web's port, nor the web on gRPC's.</summary>
    public static void UseDoors(this WebApplication app, PlatformOptions options) =>
        app.Use(
            (context, next) =>
            {
                var isGrpc = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
                var cameByAiPort = context.Connection.LocalPort == options.Ai.Port;
                if (isGrpc == cameByAiPort)
                {
                    return next(context);
                }
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }
        );
}
