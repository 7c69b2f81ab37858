using System.Globalization;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Dialog.Conversations;

namespace OCPlatform.Host.Replay;

/// <summary>A replayed call for a person: the SIP ladder, what was said and when, what was done, how it ended.</summary>
internal static class ReplayReport
{
    // Silence in a call that is worth a line; the caller's own pauses are shorter.
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(3);

    public static IEnumerable<string> Lines(ReplayCase replayed)
    {
        var events = replayed.CallEvents();
        if (replayed.CallState().Record is not { } record)
        {
            yield return $"{replayed.CallId}: the journal holds no event of it";
            yield break;
        }
        yield return $"Call {record.Id}, {record.Direction}, {events.Count} events; node {record.Node}";
        yield return Masked(
            $"  from {record.From} to {record.To} by {record.RemoteAddress}, SIP Call-ID {record.SipCallId}"
        );
        yield return "";
        yield return "SIP";
        foreach (var rung in record.Ladder)
        {
            var arrow = rung.Incoming ? "-->" : "<--";
            yield return Masked($"  {Offset(record, rung.At)}  {arrow} {rung.StartLine}  ({rung.CSeq})");
        }
        yield return "";
        yield return "Said and done";
        foreach (var line in Said(record, events))
        {
            yield return line;
        }
        foreach (var line in Tools(record, replayed.ConversationState()))
        {
            yield return line;
        }
        yield return "";
        yield return record.EndCause is { } cause
            ? $"Ended by {cause.By}: {cause.Reason}{Status(cause.SipStatus)}{(cause.Detail is { } d ? $", {d}" : "")}, "
                + $"after {Offset(record, record.EndedAt!.Value).Trim()}"
            : $"Not ended: {record.State}";
    }

    private static IEnumerable<string> Said(CallRecord record, IReadOnlyList<ICallEvent> events)
    {
        var silentSince = record.AnsweredAt;
        foreach (var e in events)
        {
            if (e is CallEvents.TurnSpoken turn)
            {
                if (silentSince is { } since && turn.StartedAt - since > Gap)
                {
                    yield return $"  {Offset(record, since)}  ... {(turn.StartedAt - since).TotalSeconds:0.0} s of silence";
                }
                var latency = turn.LatencyMs is { } ms ? $" [after {ms} ms]" : "";
                var cut = turn.Interrupted ? " [cut]" : "";
                yield return $"  {Offset(record, turn.StartedAt)}  {turn.Speaker, -5} {turn.Text}{latency}{cut}";
                silentSince = silentSince is { } s && s > turn.EndedAt ? s : turn.EndedAt;
            }
            else if (e is CallEvents.DigitPressed)
            {
                yield return $"  {Offset(record, e.At)}  a key was pressed";
            }
            else if (e is not (CallEvents.SipLadder or CallEvents.SipExchanged))
            {
                yield return $"  {Offset(record, e.At)}  * {e.GetType().Name}";
            }
        }
    }

    private static IEnumerable<string> Tools(CallRecord record, ConversationState conversation) =>
        conversation
            .History.SelectMany(turn => turn.Tools.Select(tool => (turn, tool)))
            .Select(used =>
                $"  {Offset(record, used.turn.StartedAt)}  tool {used.tool.Call.Name}, key {used.tool.Call.Key}: "
                + (used.tool.Failed ? "failed" : "done")
            );

    private static string Status(int? status) => status is { } s ? $" ({s})" : "";

    private static string Masked(string text) => ReplayCase.Masked(text);

    private static string Offset(CallRecord record, DateTimeOffset at) =>
        (at - record.ReceivedAt).TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture).PadLeft(9) + " s";
}
