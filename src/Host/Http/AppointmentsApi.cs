using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using OCPlatform.Dialog;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Host.Http;

/// <summary>The appointments of one agent, by day and time.</summary>
public sealed record AppointmentList(IReadOnlyList<Appointment> Appointments);

/// <summary>`/api/appointments`: what callers have booked.</summary>
public static class AppointmentsApi
{
    public static IEndpointRouteBuilder MapAppointmentsApi(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/api/appointments", ListAsync)
            .WithTags("Appointments")
            .WithName("ListAppointments")
            .WithSummary("What callers have booked with an agent.");
        return routes;
    }

    private static async Task<Ok<AppointmentList>> ListAsync(
        AppointmentBook book,
        DialogOptions options,
        CancellationToken cancellation,
        [Description("The agent; default: the one that answers where nothing names another.")] string? agent = null
    ) => TypedResults.Ok(new AppointmentList(await book.ListAsync(agent ?? options.DefaultAgent, cancellation)));
}
