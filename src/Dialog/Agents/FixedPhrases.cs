using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Dialog.Conversations;
using OCPlatform.Dialog.Flows;

namespace OCPlatform.Dialog.Agents;

/// <summary>What an agent is going to say anyway, for the speech cache to have it ready.</summary>
public static class FixedPhrases
{
    /// <summary>
    /// Every clause of the agent's prompts that has no value in it, as a voice turn is cut into pieces, in the order in
    /// which a caller is likely to hear them; then the clauses around the values that recur: opening hours, and the
    /// questions about each of the next days.
    /// </summary>
    /// <param name="today">Local date of the agent; null leaves the days out.</param>
    public static IReadOnlyList<string> Of(AgentDefinition agent, DateOnly? today = null)
    {
        var say = new Phrasing(agent, Channel.Voice, "", 0);
        var values = new Dictionary<string, string> { ["hours"] = say.Week() };
        var phrases = new List<string>();
        foreach (var prompt in Prompts(agent))
        {
            for (var i = 0; i < prompt.Wordings.Length; i++)
            {
                phrases.AddRange(Clauses(say.SayNth(prompt, i, values)));
            }
        }
        for (var ahead = 0; today is not null && ahead < 14; ahead++)
        {
            var day = today.Value.AddDays(ahead);
            if (agent.OpeningHours.On(day.DayOfWeek).IsEmpty)
            {
                continue;
            }
            foreach (var slot in agent.Flows.SelectMany(flow => flow.Slots))
            {
                var named = new Dictionary<string, string>
                {
                    [agent.Flows.SelectMany(f => f.Slots).First(s => s.Type == SlotType.Date).Name] = say.Day(day),
                };
                phrases.AddRange(slot.Ask.Wordings.SelectMany((_, i) => Clauses(say.SayNth(slot.Ask, i, named))));
            }
        }
        return [.. phrases.Distinct()];
    }

    private static IEnumerable<Prompt> Prompts(AgentDefinition agent) =>
        new[] { agent[PromptName.Greeting], agent[PromptName.OpeningHoursWeek] }
            .Concat(agent.Flows.SelectMany(flow => flow.Slots).SelectMany(slot => new[] { slot.Ask, slot.Again }))
            .Concat(agent.Flows.Select(flow => flow.Done))
            .Concat(agent.Prompts.OrderBy(pair => pair.Key).Select(pair => pair.Value))
            .Concat(agent.Intents.Where(intent => intent.Say is not null).Select(intent => intent.Say!));

    private static IEnumerable<string> Clauses(string text)
    {
        var splitter = new ClauseSplitter();
        return splitter
            .Push(text)
            .Concat(splitter.Flush())
            .Select(clause => clause.Trim())
            .Where(clause => clause.Length > 0 && !Phrasing.Placeholder().IsMatch(clause));
    }
}
