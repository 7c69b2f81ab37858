using System.Globalization;
using System.Text.RegularExpressions;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Dialog.Agents;

namespace OCPlatform.Dialog.Flows;

/// <summary>Puts prompts into words: which variant, for ear or eye, with the values filled in.</summary>
internal sealed partial class Phrasing(AgentDefinition agent, Channel channel, string conversationId, int turn)
{
    /// <param name="values">By name, beside {business}.</param>
    public string Say(Prompt prompt, IReadOnlyDictionary<string, string>? values = null)
    {
        // Which variant is no matter of chance: the same turn produced again after a crash says the same.
        var index = (int)((Hash(conversationId) + (uint)turn) % (uint)prompt.Wordings.Length);
        return Fill(prompt.Wordings[index], values);
    }

    /// <summary>The n-th wording of a ladder; the last one from there on.</summary>
    public string SayNth(Prompt prompt, int n, IReadOnlyDictionary<string, string>? values = null) =>
        Fill(prompt.Wordings[Math.Min(n, prompt.Wordings.Length - 1)], values);

    public string Say(PromptName name, params ReadOnlySpan<(string Name, string Value)> values)
    {
        var all = new Dictionary<string, string>();
        foreach (var (key, value) in values)
        {
            all[key] = value;
        }
        return Say(agent[name], all);
    }

    public string Day(DateOnly day) => SpokenForm.Day(day, channel);

    public string Time(TimeOnly time) => SpokenForm.Time(time, channel);

    public string Hours(DayOfWeek day) => SpokenForm.Spans(agent.OpeningHours.On(day), channel);

    public string Week() => SpokenForm.Week(agent.OpeningHours, channel);

    /// <summary>A slot's stored value as it is said.</summary>
    public string SlotValue(Slot slot, string value) =>
        slot.Type switch
        {
            SlotType.Date => Day(DateOnly.ParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture)),
            SlotType.Time => Time(TimeOnly.ParseExact(value, "HH:mm", CultureInfo.InvariantCulture)),
            SlotType.Phone => SpokenForm.Phone(value, channel),
            _ => value,
        };

    /// <summary>Starts to choose from; the day is said where they are not all on the one that was asked for.</summary>
    public string Alternatives(IReadOnlyList<DateTime> starts, DateOnly? asked)
    {
        var oneDay = starts.All(start => DateOnly.FromDateTime(start) == asked);
        return SpokenForm.Join(
            [
                .. starts.Select(start =>
                    oneDay
                        ? Time(TimeOnly.FromDateTime(start))
                        : $"{Day(DateOnly.FromDateTime(start))} at {Time(TimeOnly.FromDateTime(start))}"
                ),
            ],
            "or"
        );
    }

    private string Fill(Wording wording, IReadOnlyDictionary<string, string>? values)
    {
        var text = Placeholder()
            .Replace(
                channel == Channel.Chat ? wording.Chat : wording.Voice,
                match =>
                    match.Groups[1].Value == "business" ? agent.Business
                    : values is not null && values.TryGetValue(match.Groups[1].Value, out var value) ? value
                    : match.Value
            );
        // A value may stand at the start of a sentence.
        return SentenceStart().Replace(text, match => match.Value.ToUpperInvariant());
    }

    private static uint Hash(string text)
    {
        // FNV-1a: the same on every node and in every process, unlike string.GetHashCode.
        var hash = 2166136261;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16777619;
        }
        return hash & 0xFFFFFF;
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    public static partial Regex Placeholder();

    [GeneratedRegex(@"(?:^|[.!?] )\p{Ll}")]
    private static partial Regex SentenceStart();
}
