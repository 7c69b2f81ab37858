using Microsoft.AspNetCore.Http.HttpResults;
using OCPlatform.Gateways.Sip.Registrar;

namespace OCPlatform.Host.Http;

/// <summary>The phones and browsers registered at this node, by user.</summary>
public sealed record RegistrationList(IReadOnlyList<Registration> Registrations);

/// <summary>`/api/registrations`: who is registered, and from where.</summary>
public static class RegistrationsApi
{
    public static IEndpointRouteBuilder MapRegistrationsApi(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/api/registrations", List)
            .WithTags("SIP")
            .WithName("ListRegistrations")
            .WithSummary("Phones and browsers registered at this node.");
        return routes;
    }

    private static Ok<RegistrationList> List(Registrations registrations) =>
        TypedResults.Ok(new RegistrationList(registrations.List()));
}
