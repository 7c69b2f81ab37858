using System.Collections.Frozen;
using System.Collections.Immutable;

namespace OCPlatform.Dialog.Agents;

/// <summary>What an agent is: the content of one agents/NAME.yaml, checked.</summary>
public sealed record AgentDefinition
{
    /// <summary>Callers choose the agent by this name.</summary>
    public required string Name { get; init; }

    /// <summary>What the agent answers for; {business} in prompts.</summary>
    public required string Business { get; init; }

    /// <summary>Name of the voice, as the speech side knows it; null for its default.</summary>
    public string? Voice { get; init; }

    /// <summary>The zone in which the agent says "today".</summary>
    public required TimeZoneInfo TimeZone { get; init; }

    public required OpeningHours OpeningHours { get; init; }

    /// <summary>Length of an appointment and distance of their starts, minutes.</summary>
    public int SlotMinutes { get; init; } = 30;

    /// <summary>How far ahead a day may be, days.</summary>
    public int MaxDaysAhead { get; init; } = 90;

    public required UnderstandingLimits Understanding { get; init; }
    public required FrozenDictionary<PromptName, Prompt> Prompts { get; init; }
    public required ImmutableArray<Intent> Intents { get; init; }
    public required ImmutableArray<string> OutOfScope { get; init; }

    /// <summary>Pressed key to intent name.</summary>
    public required FrozenDictionary<string, string> Keys { get; init; }

    public required ImmutableArray<Flow> Flows { get; init; }

    /// <summary>The flow that takes a message when the agent is at its wits' end.</summary>
    public required string MessageFlow { get; init; }

    public Prompt this[PromptName name] => Prompts[name];

    public Flow? FlowNamed(string? name) => Flows.FirstOrDefault(flow => flow.Name == name);

    public Intent? IntentNamed(string? name) => Intents.FirstOrDefault(intent => intent.Name == name);
}

/// <summary>Cosine similarities, 0–1.</summary>
/// <param name="Threshold">What is less like every example than this is not understood.</param>
/// <param name="Margin">Nor is what is this little nearer to one intent than to another.</param>
/// <param name="Sure">Inside a flow, only what is this much like an example turns the talk to something else.</param>
public sealed record UnderstandingLimits(double Threshold, double Margin, double Sure);

/// <summary>Everything an agent says outside its flows.</summary>
public enum PromptName
{
    Greeting,
    Acknowledge,
    AnythingElse,
    WhatElse,
    Goodbye,
    Cancelled,
    Help,
    NotUnderstood,
    OfferMessage,
    Silence,
    SilenceGoodbye,
    OpeningHoursWeek,
    OpenOnDay,
    ClosedOnDay,
    DayClosed,
    DayPast,
    DayTooFar,
    DayOver,
    TimePast,
    TimeClosed,
    TimeOffGrid,
    TimeTaken,
    TimeOptions,
    DayFull,
    ConfirmAgain,
    WhatToChange,
    GoOn,
    Sorry,
    SorryMessage,
    SorryGoodbye,
}

/// <summary>One wording, for ear and eye.</summary>
public sealed record Wording(string Voice, string Chat);

/// <summary>The wordings of one thing to say; never empty.</summary>
public sealed record Prompt(ImmutableArray<Wording> Wordings);

/// <summary>What to do at an intent.</summary>
public enum IntentAction
{
    /// <summary>Says something.</summary>
    Say,

    /// <summary>Starts a flow.</summary>
    Flow,

    /// <summary>Tells the opening hours.</summary>
    OpeningHours,

    Help,
    Repeat,
    Cancel,
    Goodbye,
}

/// <param name="Say">For <see cref="IntentAction.Say"/>.</param>
/// <param name="Flow">For <see cref="IntentAction.Flow"/>.</param>
/// <param name="AwaitsAnythingElse">After Say, a plain "no" means goodbye.</param>
public sealed record Intent(
    string Name,
    IntentAction Action,
    Prompt? Say,
    string? Flow,
    bool AwaitsAnythingElse,
    ImmutableArray<string> Examples
);

public enum SlotType
{
    Date,
    Time,
    Name,
    Phone,
    Text,
}

/// <param name="CalledAs">What callers call it when they want it changed.</param>
/// <param name="Ask">The question.</param>
/// <param name="Again">The question when the answer was not understood, in order.</param>
public sealed record Slot(string Name, SlotType Type, ImmutableArray<string> CalledAs, Prompt Ask, Prompt Again);

/// <summary>Learns its slots, has them confirmed, hands them to a tool.</summary>
/// <param name="Arguments">Handed to the tools besides the slots.</param>
/// <param name="Check">Tool that tells whether day and time are free; asked as soon as both are known.</param>
/// <param name="Confirm">Null: the flow submits without asking.</param>
/// <param name="Submit">Tool that does what the flow is for.</param>
public sealed record Flow(
    string Name,
    ImmutableArray<Slot> Slots,
    ImmutableSortedDictionary<string, string> Arguments,
    string? Check,
    Prompt? Confirm,
    string Submit,
    Prompt Done
)
{
    public Slot? SlotNamed(string name) => Slots.FirstOrDefault(slot => slot.Name == name);

    public Slot? SlotOf(SlotType type) => Slots.FirstOrDefault(slot => slot.Type == type);
}
