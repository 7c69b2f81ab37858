using System.Globalization;
using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.Dialog.Flows;

/// <summary>The dialogue state while a turn works on it; what changed is told as <see cref="StateChange"/>s.</summary>
internal sealed class FlowState(DialogState before)
{
    private readonly DialogState _before = before;

    public string Flow { get; set; } = before.Flow;
    public string Awaiting { get; set; } = before.Awaiting;
    public SortedDictionary<string, string> Slots { get; } = new(before.Slots, StringComparer.Ordinal);
    public SortedDictionary<string, string> Memory { get; } = new(before.Memory, StringComparer.Ordinal);

    public int Count(string name) =>
        int.TryParse(Memory.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>Counts up; returns how often it had happened before.</summary>
    public int Bump(string name)
    {
        var count = Count(name);
        Memory[name] = (count + 1).ToString(CultureInfo.InvariantCulture);
        return count;
    }

    public DateOnly? Day(string slot) =>
        DateOnly.TryParseExact(Slots.GetValueOrDefault(slot), "yyyy-MM-dd", out var day) ? day : null;

    public TimeOnly? Time(string slot) =>
        TimeOnly.TryParseExact(Slots.GetValueOrDefault(slot), "HH:mm", out var time) ? time : null;

    public IEnumerable<StateChange> Changes()
    {
        if (Flow != _before.Flow)
        {
            yield return new StateChange { Flow = Flow };
        }
        if (Awaiting != _before.Awaiting)
        {
            yield return new StateChange { Awaiting = Awaiting };
        }
        foreach (var entry in Difference(_before.Slots, Slots))
        {
            yield return new StateChange { Slot = entry };
        }
        foreach (var entry in Difference(_before.Memory, Memory))
        {
            yield return new StateChange { Memory = entry };
        }
    }

    private static IEnumerable<Entry> Difference(
        IDictionary<string, string> before,
        SortedDictionary<string, string> after
    )
    {
        foreach (var name in before.Keys.Where(name => !after.ContainsKey(name)).Order(StringComparer.Ordinal))
        {
            yield return new Entry { Name = name };
        }
        foreach (var (name, value) in after)
        {
            if (!before.TryGetValue(name, out var old) || old != value)
            {
                yield return new Entry { Name = name, Value = value };
            }
        }
    }
}
