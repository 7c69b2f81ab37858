using System.Globalization;
using System.Text;

namespace OCPlatform.LoadTest;

/// <summary>One row per call (RFC 4180); times in ms, empty where nothing was measured.</summary>
internal static class CallCsv
{
    public const string Header =
        "index,call_id,scenario,outcome,cause,started_at,trying,ringing,answer,duration,codec,greeting,longest_wait,"
        + "turns,v2v_p50,v2v_max,bargein_max,received,lost,late,out_of_order,duplicate,lateness_p50,lateness_p99,lateness_max,jitter,"
        + "reinvites,moves,gap_longest,two_agents";

    public static string Write(LoadReport report)
    {
        var text = new StringBuilder(Header).Append("\r\n");
        foreach (var call in report.CallList)
        {
            var voice = Summary.Of(call.Turns.Select(t => t.VoiceToVoice).OfType<double>());
            var bargeIn = Summary.Of(call.Turns.Select(t => t.BargeIn).OfType<double>());
            var packets = call.Packets;
            object?[] fields =
            [
                call.Index,
                call.CallId,
                call.Scenario,
                call.Outcome,
                call.Cause,
                call.StartedAt,
                call.Trying,
                call.Ringing,
                call.Answer,
                call.Duration,
                call.Codec,
                call.Greeting,
                call.LongestWait,
                call.Turns.Count,
                voice?.P50,
                voice?.Max,
                bargeIn?.Max,
                packets.Received,
                packets.Lost,
                packets.Late,
                packets.OutOfOrder,
                packets.Duplicate,
                packets.Lateness?.P50,
                packets.Lateness?.P99,
                packets.Lateness?.Max,
                packets.JitterMs,
                call.Continuity.Reinvites,
                call.Continuity.Moves.Count,
                call.Continuity.LongestGap,
                call.Continuity.TwoAgents,
            ];
            text.AppendJoin(',', fields.Select(Field)).Append("\r\n");
        }
        return text.ToString();
    }

    private static string Field(object? value)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
    }
}
