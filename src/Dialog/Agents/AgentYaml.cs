using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using OCPlatform.Dialog.Flows;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OCPlatform.Dialog.Agents;

/// <summary>Reads an agent's YAML; every fault is told with its line.</summary>
public static class AgentYaml
{
    private static readonly FrozenDictionary<string, SlotType> SlotTypes = Enum.GetValues<SlotType>()
        .ToFrozenDictionary(type => type.ToString().ToLowerInvariant());

    private static readonly FrozenDictionary<string, IntentAction> Actions = new Dictionary<string, IntentAction>
    {
        ["help"] = IntentAction.Help,
        ["repeat"] = IntentAction.Repeat,
        ["cancel"] = IntentAction.Cancel,
        ["goodbye"] = IntentAction.Goodbye,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, IntentAction> Answers = new Dictionary<string, IntentAction>
    {
        ["openingHours"] = IntentAction.OpeningHours,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, bool> Awaitable = new Dictionary<string, bool>
    {
        ["anythingElse"] = true,
    }.ToFrozenDictionary();

    /// <param name="file">Its name, for the faults.</param>
    /// <param name="tools">Names of the tools that flows may use.</param>
    /// <exception cref="AgentDefinitionException">With every fault found.</exception>
    public static AgentDefinition Parse(string file, string yaml, IReadOnlyCollection<string> tools)
    {
        var problems = new AgentYamlProblems(file);
        var stream = new YamlStream();
        var scanner = new Scanner(new StringReader(yaml));
        try
        {
            stream.Load(new Parser(scanner));
        }
        catch (InvalidOperationException)
        {
            // Some malformed texts trip the scanner itself (a plain text with ':' inside an open '[').
            problems.Add(scanner.CurrentPosition, "no valid YAML here; is a bracket or a quote left open?");
            throw new AgentDefinitionException(problems.All);
        }
        catch (YamlException e)
        {
            problems.Add(e.Start, e.InnerException?.Message ?? e.Message);
            throw new AgentDefinitionException(problems.All);
        }
        if (stream.Documents.Count == 0)
        {
            throw new AgentDefinitionException([$"{file}:1:1: the file is empty"]);
        }
        var root = new AgentYamlNode(stream.Documents[0].RootNode, "", problems);
        var agent = Agent(root, tools);
        if (problems.All.Count > 0)
        {
            throw new AgentDefinitionException(problems.All);
        }
        return agent;
    }

    private static AgentDefinition Agent(AgentYamlNode root, IReadOnlyCollection<string> tools)
    {
        var limits = root.Find("understanding");
        var appointments = root.Find("appointments");
        var flows = Flows(root.Need("flows"), tools);
        var intents = Intents(root.Need("intents"), flows);
        var agent = new AgentDefinition
        {
            Name = root.Need("name")?.Text() ?? "",
            Business = root.Need("business")?.Text() ?? "",
            Voice = root.Find("voice")?.Text(),
            TimeZone = Zone(root.Need("timeZone")),
            OpeningHours = Hours(root.Need("openingHours")),
            SlotMinutes = appointments?.Find("slotMinutes")?.Integer(5, 480) ?? 30,
            MaxDaysAhead = appointments?.Find("maxDaysAhead")?.Integer(1, 730) ?? 90,
            Understanding = new UnderstandingLimits(
                limits?.Find("threshold")?.Fraction() ?? 0.5,
                limits?.Find("margin")?.Fraction() ?? 0.03,
                limits?.Find("sure")?.Fraction() ?? 0.62
            ),
            Prompts = Prompts(root.Need("prompts")),
            Intents = intents,
            OutOfScope = [.. root.Find("outOfScope")?.Texts() ?? []],
            Keys = Keys(root.Find("keys"), intents),
            Flows = flows,
            MessageFlow = MessageFlow(root.Need("messageFlow"), flows),
        };
        limits?.RefuseUnknownKeys();
        appointments?.RefuseUnknownKeys();
        root.RefuseUnknownKeys();
        return agent;
    }

    private static TimeZoneInfo Zone(AgentYamlNode? node)
    {
        if (node?.Text() is { Length: > 0 } name)
        {
            if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
            {
                return zone;
            }
            node.Fault(
                $"'{name}' is no time zone of this machine (IANA name, such as America/New_York; package tzdata)"
            );
        }
        return TimeZoneInfo.Utc;
    }

    private static OpeningHours Hours(AgentYamlNode? node)
    {
        var days = new Dictionary<DayOfWeek, ImmutableArray<OpenSpan>>();
        foreach (var day in OpeningHours.Week)
        {
            if (node?.Need(day.ToString().ToLowerInvariant()) is { } value)
            {
                days[day] = Spans(value);
            }
        }
        node?.RefuseUnknownKeys();
        return new OpeningHours(days);
    }

    private static ImmutableArray<OpenSpan> Spans(AgentYamlNode node)
    {
        var spans = new List<OpenSpan>();
        foreach (var item in node.Items())
        {
            var text = item.Text();
            if (text == "closed")
            {
                continue;
            }
            var ends = text.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length == 2 && Time(ends[0]) is { } opens && Time(ends[1]) is { } closes && opens < closes)
            {
                spans.Add(new OpenSpan(opens, closes));
            }
            else
            {
                item.Fault($"'{text}' must be 'closed' or two times such as 9:00-17:00");
            }
        }
        return [.. spans.OrderBy(span => span.Opens)];
    }

    private static TimeOnly? Time(string text) =>
        TimeOnly.TryParseExact(text, ["H:mm", "HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : null;

    private static FrozenDictionary<PromptName, Prompt> Prompts(AgentYamlNode? node)
    {
        var prompts = new Dictionary<PromptName, Prompt>();
        foreach (var name in Enum.GetValues<PromptName>())
        {
            var key = char.ToLowerInvariant(name.ToString()[0]) + name.ToString()[1..];
            if (node?.Need(key) is { } value)
            {
                prompts[name] = Prompt(value, Placeholders(name));
            }
        }
        node?.RefuseUnknownKeys();
        return prompts.ToFrozenDictionary();
    }

    /// <summary>What the engine fills in, besides {business}.</summary>
    private static string[] Placeholders(PromptName name) =>
        name switch
        {
            PromptName.OpeningHoursWeek => ["hours"],
            PromptName.OpenOnDay or PromptName.ClosedOnDay or PromptName.TimeClosed => ["day", "hours"],
            PromptName.DayClosed => ["day"],
            PromptName.DayTooFar => ["days"],
            PromptName.TimeOffGrid or PromptName.TimeTaken or PromptName.TimeOptions or PromptName.DayFull =>
            [
                "day",
                "time",
                "minutes",
                "alternatives",
            ],
            _ => [],
        };

    private static Prompt Prompt(AgentYamlNode? node, params string[] placeholders)
    {
        var wordings = new List<Wording>();
        foreach (var item in node?.Items() ?? [])
        {
            CheckPlaceholders(item, placeholders);
            if (!item.IsMapping)
            {
                wordings.Add(new Wording(item.Text(), item.Text()));
                continue;
            }
            wordings.Add(new Wording(item.Need("voice")?.Text() ?? "", item.Need("chat")?.Text() ?? ""));
            item.RefuseUnknownKeys();
        }
        return new Prompt([.. wordings]);
    }

    private static void CheckPlaceholders(AgentYamlNode item, string[] placeholders)
    {
        var texts = item.IsMapping ? item.Entries().Select(entry => entry.Value) : [item];
        foreach (var text in texts)
        {
            foreach (Match match in Phrasing.Placeholder().Matches(text.Text()))
            {
                if (match.Groups[1].Value != "business" && !placeholders.Contains(match.Groups[1].Value))
                {
                    var known = string.Join(", ", placeholders.Append("business").Select(name => $"{{{name}}}"));
                    text.Fault($"has {match.Value}, which nothing fills; known here: {known}");
                }
            }
        }
    }

    private static ImmutableArray<Intent> Intents(AgentYamlNode? node, ImmutableArray<Flow> flows)
    {
        var intents = new List<Intent>();
        foreach (var (name, value) in node?.Entries() ?? [])
        {
            var say = value.Find("say");
            var flow = value.Find("flow");
            var answer = value.Find("answer");
            var act = value.Find("do");
            if (new[] { say, flow, answer, act }.Count(choice => choice is not null) != 1)
            {
                value.Fault("needs exactly one of: say, flow, answer, do");
            }
            if (flow is not null && flows.All(known => known.Name != flow.Text()))
            {
                flow.Fault($"'{flow.Text()}' is none of the flows: {string.Join(", ", flows.Select(f => f.Name))}");
            }
            var action =
                act is not null ? act.OneOf(Actions)
                : answer is not null ? answer.OneOf(Answers)
                : flow is not null ? IntentAction.Flow
                : IntentAction.Say;
            var awaits = value.Find("awaiting")?.OneOf(Awaitable) ?? false;
            var examples = value.Need("examples")?.Texts() ?? [];
            value.RefuseUnknownKeys();
            intents.Add(
                new Intent(name, action, say is null ? null : Prompt(say), flow?.Text(), awaits, [.. examples])
            );
        }
        return [.. intents];
    }

    private static FrozenDictionary<string, string> Keys(AgentYamlNode? node, ImmutableArray<Intent> intents)
    {
        var keys = new Dictionary<string, string>();
        foreach (var (key, value) in node?.Entries() ?? [])
        {
            if (key.Length != 1 || !"0123456789*#".Contains(key[0]))
            {
                value.Fault("the key must be one of 0–9, *, #");
            }
            if (intents.All(intent => intent.Name != value.Text()))
            {
                value.Fault(
                    $"'{value.Text()}' is none of the intents: {string.Join(", ", intents.Select(i => i.Name))}"
                );
            }
            keys[key] = value.Text();
        }
        return keys.ToFrozenDictionary();
    }

    private static string MessageFlow(AgentYamlNode? node, ImmutableArray<Flow> flows)
    {
        var name = node?.Text() ?? "";
        if (name.Length > 0 && flows.All(flow => flow.Name != name))
        {
            node!.Fault($"'{name}' is none of the flows: {string.Join(", ", flows.Select(f => f.Name))}");
        }
        return name;
    }

    private static ImmutableArray<Flow> Flows(AgentYamlNode? node, IReadOnlyCollection<string> tools)
    {
        var known = tools.ToFrozenDictionary(tool => tool);
        var flows = new List<Flow>();
        foreach (var (name, value) in node?.Entries() ?? [])
        {
            var arguments = (value.Find("arguments")?.Entries() ?? []).ToImmutableSortedDictionary(
                pair => pair.Key,
                pair => pair.Value.Text()
            );
            var confirm = value.Find("confirm");
            var check = value.Find("check");
            var slots = value.Need("slots");
            string[] names = [.. slots?.Entries().Select(entry => entry.Key) ?? []];
            var flow = new Flow(
                name,
                Slots(slots, names),
                arguments,
                check?.OneOf(known),
                confirm is null ? null : Prompt(confirm, names),
                value.Need("submit")?.OneOf(known) ?? "",
                Prompt(value.Need("done"), names)
            );
            value.RefuseUnknownKeys();
            if (check is not null && (flow.SlotOf(SlotType.Date) is null || flow.SlotOf(SlotType.Time) is null))
            {
                check.Fault("needs a slot of type date and one of type time in the flow");
            }
            flows.Add(flow);
        }
        return [.. flows];
    }

    private static ImmutableArray<Slot> Slots(AgentYamlNode? node, string[] names)
    {
        var slots = new List<Slot>();
        foreach (var (name, value) in node?.Entries() ?? [])
        {
            var type = value.Need("type")?.OneOf(SlotTypes) ?? SlotType.Text;
            if (slots.Any(slot => slot.Type == type))
            {
                value.Fault($"is the second slot of type {type.ToString().ToLowerInvariant()}; a flow has one of each");
            }
            slots.Add(
                new Slot(
                    name,
                    type,
                    [.. value.Find("calledAs")?.Texts() ?? [name]],
                    Prompt(value.Need("ask"), names),
                    Prompt(value.Need("again"), names)
                )
            );
            value.RefuseUnknownKeys();
        }
        return [.. slots];
    }
}
