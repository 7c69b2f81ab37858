using System.Text.Json.Serialization;
using Microsoft.OpenApi;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Host.Http;

/// <summary>What all endpoints share: the JSON dialect, the OpenAPI document, and errors as problem+json.</summary>
public static class WebSide
{
    public static IServiceCollection AddWebSide(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            // Numbers are numbers: the default also takes them as strings, and the OpenAPI document would say so.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.DefaultIgnoreCondition = WireSerializer.Json.DefaultIgnoreCondition;
            foreach (var converter in WireSerializer.Json.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });
        services.AddProblemDetails();
        services.AddOpenApi(openApi =>
        {
            openApi.AddDocumentTransformer(
                (document, _, _) =>
                {
                    document.Info = new OpenApiInfo
                    {
                        Title = "OCPlatform",
                        Version = typeof(WebSide).Assembly.GetName().Version!.ToString(3),
                    };
                    // The address depends on who asks; a relative server is right for all.
                    document.Servers = [];
                    return Task.CompletedTask;
                }
            );
            openApi.AddSchemaTransformer(
                (schema, context, _) =>
                {
                    if (context.JsonTypeInfo.Type == typeof(CallId))
                    {
                        schema.Type = JsonSchemaType.String;
                    }
                    return Task.CompletedTask;
                }
            );
        });
        return services;
    }

    /// <summary>Exceptions and empty error responses become problem+json, without details of the inside.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }
}
