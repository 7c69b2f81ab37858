using System.Globalization;
using System.Text.Json.Nodes;

namespace OCPlatform.Dialog.Tools;

/// <summary>Tells whether a start is free, and otherwise which ones are.</summary>
public sealed class CheckAppointment(AppointmentBook book) : ITool
{
    public const string ToolName = "appointments.check";

    public string Name => ToolName;

    public string Description =>
        "Tells whether an appointment can start at a day and time; if not, or without a time, which starts are free.";

    public string ParametersJson =>
        """
            {"type":"object","required":["day"],"properties":{
            "day":{"type":"string","format":"date"},
            "time":{"type":"string","description":"HH:mm, local"},
            "part":{"type":"string","enum":["","morning","afternoon","evening"]}}}
            """;

    public async Task<string> RunAsync(ToolInvocation invocation, CancellationToken cancellation) =>
        (await AppointmentRules.FindObstacleAsync(book, invocation, cancellation))?.ToJsonString()
        ?? """{"free":true}""";
}

/// <summary>Books a start.</summary>
public sealed class BookAppointment(AppointmentBook book) : ITool
{
    public const string ToolName = "appointments.book";

    public string Name => ToolName;

    public string Description => "Books an appointment. When the start cannot be had, tells which starts are free.";

    public string ParametersJson =>
        """
            {"type":"object","required":["day","time","name"],"properties":{
            "day":{"type":"string","format":"date"},
            "time":{"type":"string","description":"HH:mm, local"},
            "name":{"type":"string"}}}
            """;

    public async Task<string> RunAsync(ToolInvocation invocation, CancellationToken cancellation)
    {
        var appointment = new Appointment(
            invocation.Key,
            invocation.Agent.Name,
            invocation.Text(ToolArguments.Day) ?? throw new ArgumentException("'day' is missing"),
            invocation.Text(ToolArguments.Time) ?? throw new ArgumentException("'time' is missing"),
            invocation.Text(ToolArguments.Name) ?? "",
            invocation.ConversationId
        );
        // Rules first: a start off the grid could overlap others without hurting the unique index. A start that is taken
        // may be taken by this very key, so that is for the insert to find out.
        var obstacle = await AppointmentRules.FindObstacleAsync(book, invocation, cancellation);
        var onlyTaken = obstacle is null || (string?)obstacle[ToolArguments.Reason] == ToolArguments.ReasonTaken;
        if (onlyTaken && await book.BookAsync(appointment, cancellation))
        {
            return """{"booked":true}""";
        }
        obstacle ??= await AppointmentRules.FindObstacleAsync(book, invocation, cancellation);
        return obstacle?.ToJsonString() ?? throw new InvalidOperationException("The start was given up meanwhile.");
    }
}

internal static class AppointmentRules
{
    /// <summary>Why the start cannot be had, with alternatives; null when it is free.</summary>
    public static async Task<JsonObject?> FindObstacleAsync(
        AppointmentBook book,
        ToolInvocation invocation,
        CancellationToken cancellation
    )
    {
        var agent = invocation.Agent;
        var day = DateOnly.ParseExact(
            invocation.Text(ToolArguments.Day) ?? throw new ArgumentException("'day' is missing"),
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture
        );
        TimeOnly? time = invocation.Text(ToolArguments.Time) is { } text
            ? TimeOnly.ParseExact(text, "HH:mm", CultureInfo.InvariantCulture)
            : null;
        var now = TimeZoneInfo.ConvertTime(invocation.At, agent.TimeZone).DateTime;
        string reason;
        if (time is not { } start)
        {
            reason = ToolArguments.ReasonOptions;
        }
        else if (day.ToDateTime(start) <= now || !agent.OpeningHours.Fits(day.DayOfWeek, start, agent.SlotMinutes))
        {
            reason = ToolArguments.ReasonClosed;
        }
        else if (!agent.OpeningHours.Starts(day.DayOfWeek, agent.SlotMinutes).Contains(start))
        {
            reason = ToolArguments.ReasonGrid;
        }
        else if (!await book.IsFreeAsync(agent.Name, day.ToDateTime(start), cancellation))
        {
            reason = ToolArguments.ReasonTaken;
        }
        else
        {
            return null;
        }
        var starts = await book.FreeStartsAsync(
            agent,
            day,
            time,
            invocation.Text(ToolArguments.Part),
            now,
            cancellation
        );
        if (starts.Count > 0 && DateOnly.FromDateTime(starts[0]) != day && reason != ToolArguments.ReasonClosed)
        {
            reason = ToolArguments.ReasonFull;
        }
        return new JsonObject
        {
            [ToolArguments.Reason] = reason,
            [ToolArguments.Alternatives] = new JsonArray([
                .. starts.Select(item => (JsonNode)item.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)),
            ]),
        };
    }
}
