using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using OCPlatform.AiAdapters.Dialogue.V1;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Tools;
using OCPlatform.Dialog.Understanding;

namespace OCPlatform.Dialog.Flows;

internal sealed partial class FlowTurn
{
    private string Start(Flow flow, Utterance? heard)
    {
        // What one flow has learned another may use: a name need not be said twice.
        foreach (var known in _state.Slots.Keys.ToList())
        {
            if (flow.SlotNamed(known) is not { Type: SlotType.Name or SlotType.Phone })
            {
                _state.Slots.Remove(known);
            }
        }
        ForgetNotes();
        _state.Flow = flow.Name;
        _state.Awaiting = Awaiting.Nothing;
        if (heard is not null)
        {
            Fill(flow, heard);
        }
        return Proceed(flow);
    }

    private void LeaveFlow()
    {
        _state.Flow = "";
        _state.Awaiting = Awaiting.Nothing;
        foreach (var slot in _state.Slots.Keys.ToList())
        {
            if (_agent.Flows.Any(flow => flow.SlotNamed(slot) is { Type: SlotType.Name or SlotType.Phone }))
            {
                continue;
            }
            _state.Slots.Remove(slot);
        }
        ForgetNotes();
    }

    private void ForgetNotes()
    {
        foreach (var note in (string[])[Notes.Offers, Notes.Checked, Notes.Digits, Notes.Part, Notes.Failures])
        {
            _state.Memory.Remove(note);
        }
    }

    /// <summary>The next step of a flow: a refusal, a check, the next question, the confirmation, the submission.</summary>
    private string Proceed(Flow flow)
    {
        if (RefuseDay(flow) is { } refusal)
        {
            return refusal;
        }
        if (RefuseTime(flow) is { } timeRefusal)
        {
            return timeRefusal;
        }
        if (Check(flow))
        {
            return "";
        }
        if (flow.Slots.FirstOrDefault(slot => !_state.Slots.ContainsKey(slot.Name)) is { } missing)
        {
            return Await(missing.Name, _say.Say(missing.Ask, Values()));
        }
        if (flow.Confirm is null)
        {
            return Submit(flow);
        }
        _state.Awaiting = Awaiting.Confirm;
        return Question(flow);
    }

    /// <summary>What the flow asks at this moment.</summary>
    private string Question(Flow flow)
    {
        if (flow.SlotNamed(_state.Awaiting) is { } slot)
        {
            return _say.Say(slot.Ask, Values());
        }
        return _state.Awaiting == Awaiting.Change
            ? _say.Say(PromptName.WhatToChange)
            : _say.Say(flow.Confirm ?? _agent[PromptName.ConfirmAgain], Values());
    }

    private string? RefuseDay(Flow flow)
    {
        if (flow.SlotOf(SlotType.Date) is not { } slot || _state.Day(slot.Name) is not { } day)
        {
            return null;
        }
        string? refusal = null;
        if (day < Today)
        {
            refusal = _say.Say(PromptName.DayPast);
        }
        else if (day > Today.AddDays(_agent.MaxDaysAhead))
        {
            refusal = _say.Say(
                PromptName.DayTooFar,
                ("days", _agent.MaxDaysAhead.ToString(CultureInfo.InvariantCulture))
            );
        }
        else if (_agent.OpeningHours.On(day.DayOfWeek).IsEmpty)
        {
            // Without the date: "we're closed on Sunday".
            refusal = _say.Say(PromptName.DayClosed, ("day", day.DayOfWeek.ToString()));
        }
        else if (
            day == Today
            && _agent.OpeningHours.Starts(day.DayOfWeek, _agent.SlotMinutes).All(start => day.ToDateTime(start) <= _now)
        )
        {
            refusal = _say.Say(PromptName.DayOver);
        }
        if (refusal is null)
        {
            return null;
        }
        Forget(slot);
        return Await(slot.Name, refusal);
    }

    private string? RefuseTime(Flow flow)
    {
        if (
            flow.SlotOf(SlotType.Time) is not { } slot
            || flow.SlotOf(SlotType.Date) is not { } dateSlot
            || _state.Day(dateSlot.Name) is not { } day
            || _state.Time(slot.Name) is not { } time
        )
        {
            return null;
        }
        string? refusal = null;
        if (day.ToDateTime(time) <= _now)
        {
            refusal = _say.Say(PromptName.TimePast);
        }
        else if (!_agent.OpeningHours.Fits(day.DayOfWeek, time, _agent.SlotMinutes))
        {
            refusal = _say.Say(
                PromptName.TimeClosed,
                ("day", day.DayOfWeek.ToString()),
                ("hours", _say.Hours(day.DayOfWeek))
            );
        }
        if (refusal is null)
        {
            return null;
        }
        Forget(slot);
        return Await(slot.Name, refusal);
    }

    /// <summary>Asks the check tool about day and time, or about what the day has to offer; false when there is no need.</summary>
    private bool Check(Flow flow)
    {
        if (
            flow.Check is not { } tool
            || flow.SlotOf(SlotType.Date) is not { } dateSlot
            || flow.SlotOf(SlotType.Time) is not { } timeSlot
            || !_state.Slots.TryGetValue(dateSlot.Name, out var day)
        )
        {
            return false;
        }
        var arguments = new JsonObject { [ToolArguments.Day] = day };
        if (_state.Slots.TryGetValue(timeSlot.Name, out var time))
        {
            if (_state.Memory.GetValueOrDefault(Notes.Checked) == $"{day}T{time}")
            {
                return false;
            }
            arguments[ToolArguments.Time] = time;
        }
        else if (_state.Memory.TryGetValue(Notes.Part, out var part))
        {
            arguments[ToolArguments.Part] = part.ToLowerInvariant();
        }
        else
        {
            return false;
        }
        _state.Memory.Remove(Notes.Part);
        Call(tool, arguments);
        return true;
    }

    private string Submit(Flow flow)
    {
        var arguments = new JsonObject();
        foreach (var (name, value) in flow.Arguments)
        {
            arguments[name] = value;
        }
        foreach (var slot in flow.Slots)
        {
            arguments[ToolKey(slot)] = _state.Slots.GetValueOrDefault(slot.Name);
        }
        Call(flow.Submit, arguments);
        return "";
    }

    /// <summary>Tools know slots by what they are, not by what an agent's YAML calls them.</summary>
    private static string ToolKey(Slot slot) =>
        slot.Type switch
        {
            SlotType.Date => ToolArguments.Day,
            SlotType.Time => ToolArguments.Time,
            SlotType.Name => ToolArguments.Name,
            SlotType.Phone => ToolArguments.Phone,
            _ => ToolArguments.Text,
        };

    private void Call(string tool, JsonObject arguments) =>
        _tool = new ToolCall
        {
            CallId = tool,
            Name = tool,
            ArgumentsJson = arguments.ToJsonString(),
        };

    private string OnToolResults(ToolResults results)
    {
        if (Flow is not { } flow || results.Results.Count == 0)
        {
            return Await(Awaiting.AnythingElse, _say.Say(PromptName.AnythingElse));
        }
        var result = results.Results[^1];
        if (result.Failed)
        {
            return OnToolFailure();
        }
        using var json = JsonDocument.Parse(result.ResultJson);
        var slotIsTaken = json.RootElement.TryGetProperty(ToolArguments.Reason, out var reason);
        if (slotIsTaken)
        {
            return Offer(flow, reason.GetString()!, json.RootElement);
        }
        _state.Memory.Remove(Notes.Failures);
        if (result.Name == flow.Check)
        {
            var day = _state.Slots[flow.SlotOf(SlotType.Date)!.Name];
            _state.Memory[Notes.Checked] = $"{day}T{_state.Slots[flow.SlotOf(SlotType.Time)!.Name]}";
            _state.Memory.Remove(Notes.Offers);
            return Proceed(flow);
        }
        var done = _say.Say(flow.Done, Values());
        LeaveFlow();
        return Await(Awaiting.AnythingElse, done);
    }

    private string OnToolFailure()
    {
        if (_state.Bump(Notes.Failures) == 0)
        {
            return _say.Say(PromptName.Sorry);
        }
        LeaveFlow();
        return Await(Awaiting.OfferMessage, _say.Say(PromptName.OfferMessage));
    }

    /// <summary>The start cannot be had: says why, and offers others.</summary>
    private string Offer(Flow flow, string reason, JsonElement result)
    {
        var dateSlot = flow.SlotOf(SlotType.Date)!;
        var timeSlot = flow.SlotOf(SlotType.Time)!;
        var day = _state.Day(dateSlot.Name);
        var time = _state.Time(timeSlot.Name);
        var starts = result
            .GetProperty(ToolArguments.Alternatives)
            .EnumerateArray()
            .Select(item => item.GetDateTime())
            .ToList();
        Forget(timeSlot);
        if (starts.Count == 0)
        {
            Forget(dateSlot);
            return Await(dateSlot.Name, _say.SayNth(dateSlot.Again, 0));
        }
        _state.Memory[Notes.Offers] = string.Join(
            ',',
            starts.Select(start => start.ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture))
        );
        var prompt = reason switch
        {
            ToolArguments.ReasonGrid => PromptName.TimeOffGrid,
            ToolArguments.ReasonFull => PromptName.DayFull,
            ToolArguments.ReasonOptions => PromptName.TimeOptions,
            _ => PromptName.TimeTaken,
        };
        return Await(
            timeSlot.Name,
            _say.Say(
                prompt,
                ("day", day is { } d ? _say.Day(d) : ""),
                ("time", time is { } t ? _say.Time(t) : ""),
                ("minutes", Minutes()),
                ("alternatives", _say.Alternatives(starts, day))
            )
        );
    }

    private string Minutes() =>
        _request.Channel == Channel.Chat || _agent.SlotMinutes >= 60
            ? _agent.SlotMinutes.ToString(CultureInfo.InvariantCulture)
            : SpokenForm.Number(_agent.SlotMinutes);

    private Dictionary<string, string> Values()
    {
        var values = new Dictionary<string, string>();
        foreach (var slot in Flow?.Slots ?? [])
        {
            if (_state.Slots.TryGetValue(slot.Name, out var value))
            {
                values[slot.Name] = _say.SlotValue(slot, value);
            }
        }
        return values;
    }
}
