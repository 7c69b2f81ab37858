using System.Globalization;
using System.Text.RegularExpressions;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Understanding;

namespace OCPlatform.Dialog.Flows;

internal sealed partial class FlowTurn
{
    private string InFlow(Flow flow, string text, string plain)
    {
        var awaited = AwaitedSlot;
        if (awaited?.Type == SlotType.Text)
        {
            return OnFreeText(flow, awaited, text, plain);
        }
        var open = _state.Awaiting is Awaiting.Confirm or Awaiting.Change;
        // Digits of a phone number are no times.
        var when =
            awaited?.Type == SlotType.Phone
                ? new When(null, [], null, plain)
                : WhenReader.Read(
                    plain,
                    _now,
                    expectsDay: awaited?.Type == SlotType.Date || (open && flow.SlotOf(SlotType.Date) is not null),
                    expectsTime: awaited?.Type is SlotType.Time
                        || (awaited?.Type == SlotType.Date && flow.SlotOf(SlotType.Time) is not null)
                        || (open && flow.SlotOf(SlotType.Time) is not null)
                );
        var heard = new Utterance(text, plain, when, IntentMatch.None);
        // A plain answer needs no classifier; anything with words of its own might be a question or another wish.
        var isPlainAnswer = ContentWords(when.Rest) == 0 && (when.Day is not null || when.Times.Count > 0);
        if (!isPlainAnswer)
        {
            heard = heard with { Match = _classifier.Classify(plain, when.Rest) };
            if (TurnsElsewhere(flow, heard))
            {
                return Follow(heard.Match.Intent!, heard);
            }
        }
        return Take(flow, heard);
    }

    /// <summary>Whether the person leaves the question and asks for something else.</summary>
    private bool TurnsElsewhere(Flow flow, Utterance heard)
    {
        if (heard.Match.Intent is not { } intent || heard.Match.Score < _agent.Understanding.Sure)
        {
            return false;
        }
        // "ok thanks" at "is that right?", "I'd like to come on friday" in the midst of booking: part of the flow.
        var consents = _state.Awaiting == Awaiting.Confirm && YesNo.Read(heard.Plain) != Consent.None;
        return intent.Action switch
        {
            IntentAction.Flow => intent.Flow != flow.Name,
            IntentAction.Say => !consents && PersonName.Announced(heard.Plain) is null,
            IntentAction.Goodbye or IntentAction.Help => !consents,
            IntentAction.Cancel => !consents || heard.Match.Score >= Unmistakable,
            _ => true,
        };
    }

    private string OnFreeText(Flow flow, Slot slot, string text, string plain)
    {
        var match = _classifier.Classify(plain);
        var leaves = match.Intent?.Action is IntentAction.Cancel or IntentAction.Repeat or IntentAction.Help;
        if (leaves && match.Score >= Unmistakable)
        {
            return Follow(match.Intent!, null);
        }
        _state.Slots[slot.Name] = text.Trim();
        Understood();
        return Proceed(flow);
    }

    private string Take(Flow flow, Utterance heard)
    {
        var consent = YesNo.Read(heard.Plain);
        if (PickOffer(flow, heard) || Fill(flow, heard))
        {
            Understood();
            return Proceed(flow);
        }
        if (AwaitedSlot?.Type == SlotType.Phone && _state.Memory.ContainsKey(Notes.Digits) && HasDigits(heard.Plain))
        {
            Understood();
            return _say.Say(PromptName.GoOn);
        }
        if (AwaitedSlot?.Type == SlotType.Time && (heard.When.Part is not null || AnyTime().IsMatch(heard.Plain)))
        {
            _state.Memory[Notes.Part] = heard.When.Part?.ToString() ?? "";
            return Proceed(flow);
        }
        if (_state.Awaiting is Awaiting.Confirm or Awaiting.Change && Named(flow, heard.Plain) is { } wrong)
        {
            if (consent != Consent.Yes)
            {
                Understood();
                // "My name is Miller", said once more, does not call Miller wrong.
                if (!_given.Contains(wrong))
                {
                    Forget(wrong);
                }
                return Proceed(flow);
            }
        }
        if (_state.Awaiting == Awaiting.Confirm && consent != Consent.None)
        {
            Understood();
            return consent == Consent.Yes ? Submit(flow) : Await(Awaiting.Change, _say.Say(PromptName.WhatToChange));
        }
        if (_state.Awaiting == Awaiting.Change && consent != Consent.None)
        {
            // "Nothing, it is fine" goes back to the question; a plain "no" gives the flow up.
            Understood();
            return consent == Consent.Yes || Fine().IsMatch(heard.Plain) ? Proceed(flow) : Cancel();
        }
        if (heard.Match.Intent is { Action: not IntentAction.Flow } other)
        {
            return Follow(other, heard);
        }
        return NotUnderstood();
    }

    /// <summary>Fills every slot that the utterance speaks of, the awaited one and others.</summary>
    private bool Fill(Flow flow, Utterance heard)
    {
        var changed = false;
        if (flow.SlotOf(SlotType.Date) is { } date && heard.When.Day is { } day)
        {
            changed |= Set(date, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        }
        if (flow.SlotOf(SlotType.Time) is { } time)
        {
            var onDay = flow.SlotOf(SlotType.Date) is { } dateSlot ? _state.Day(dateSlot.Name) : null;
            if (heard.When.Choose(_agent.OpeningHours, onDay, _agent.SlotMinutes) is { } start)
            {
                changed |= Set(time, start.ToString("HH:mm", CultureInfo.InvariantCulture));
            }
            else if (heard.When is { Day: not null, Part: { } part })
            {
                _state.Memory[Notes.Part] = part.ToString();
            }
        }
        if (flow.SlotOf(SlotType.Name) is { } name)
        {
            var rest = heard.When.Rest;
            var given = _state.Awaiting == name.Name ? PersonName.Answered(rest) : PersonName.Announced(rest);
            changed |= given is not null && Set(name, given);
        }
        if (flow.SlotOf(SlotType.Phone) is { } phone)
        {
            changed |= FillPhone(phone, heard.Plain);
        }
        return changed;
    }

    private bool FillPhone(Slot slot, string plain)
    {
        var awaited = _state.Awaiting == slot.Name;
        var digits = PhoneNumber.Digits(plain);
        if (awaited)
        {
            digits = _state.Memory.GetValueOrDefault(Notes.Digits) + digits;
        }
        if (digits.Length is >= PhoneNumber.MinDigits and <= PhoneNumber.MaxDigits)
        {
            _state.Memory.Remove(Notes.Digits);
            return Set(slot, digits);
        }
        // People pause within a number; what they have said so far is kept.
        _state.Memory.Remove(Notes.Digits);
        if (awaited && digits.Length is > 0 and < PhoneNumber.MinDigits)
        {
            _state.Memory[Notes.Digits] = digits;
        }
        return false;
    }

    private static bool HasDigits(string plain) => PhoneNumber.Digits(plain).Length > 0;

    /// <summary>True when the value is news, or the answer to the question.</summary>
    private bool Set(Slot slot, string value)
    {
        _given.Add(slot);
        var news = _state.Slots.GetValueOrDefault(slot.Name) != value || _state.Awaiting == slot.Name;
        _state.Slots[slot.Name] = value;
        return news;
    }

    private void Forget(Slot slot)
    {
        _state.Slots.Remove(slot.Name);
        _state.Memory.Remove(Notes.Offers);
    }

    /// <summary>"The second one", "half past ten", "either" after alternatives were offered.</summary>
    private bool PickOffer(Flow flow, Utterance heard)
    {
        if (!_state.Memory.TryGetValue(Notes.Offers, out var list) || AwaitedSlot?.Type != SlotType.Time)
        {
            return false;
        }
        var offers = list.Split(',').Select(text => DateTime.Parse(text, CultureInfo.InvariantCulture)).ToList();
        var candidates = heard.When.Times.Count == 0 && heard.When.Day is null ? ByPlace(heard.Plain, offers) : offers;
        candidates =
        [
            .. candidates.Where(offer =>
                (heard.When.Times.Count == 0 || heard.When.Times.Contains(TimeOnly.FromDateTime(offer)))
                && (heard.When.Day is null || heard.When.Day == DateOnly.FromDateTime(offer))
            ),
        ];
        if (candidates.Count == 0 || (candidates.Count > 1 && heard.When.Times.Count == 0))
        {
            return false;
        }
        var pick = candidates[0];
        _state.Slots[flow.SlotOf(SlotType.Date)!.Name] = pick.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        _state.Slots[flow.SlotOf(SlotType.Time)!.Name] = pick.ToString("HH:mm", CultureInfo.InvariantCulture);
        return true;
    }

    private static List<DateTime> ByPlace(string plain, List<DateTime> offers)
    {
        if (Second().IsMatch(plain) && offers.Count > 1)
        {
            return [offers[1]];
        }
        if (Last().IsMatch(plain))
        {
            return [offers[^1]];
        }
        if (First().IsMatch(plain) || (offers.Count == 1 && YesNo.Read(plain) == Consent.Yes))
        {
            return [offers[0]];
        }
        return [];
    }

    /// <summary>The slot that the person calls by name ("the time is wrong").</summary>
    private static Slot? Named(Flow flow, string plain) =>
        flow.Slots.FirstOrDefault(slot =>
            slot.CalledAs.Any(name => $" {plain} ".Contains($" {name} ", StringComparison.OrdinalIgnoreCase))
        );

    [GeneratedRegex(
        @"\b(?:any ?time|whenever|what(?:ever| times?| do you have)|which times?|earliest|first available|soonest|as soon as|as early as|don't care|doesn't matter|do not care|no preference|flexible|i don't know|what's (?:free|available|open))\b"
    )]
    private static partial Regex AnyTime();

    [GeneratedRegex(
        @"\b(?:first|former|earlier|earliest|either|any|both|whichever|doesn't matter|don't care|you choose)\b"
    )]
    private static partial Regex First();

    [GeneratedRegex(@"\b(?:second|middle)\b")]
    private static partial Regex Second();

    [GeneratedRegex(@"\b(?:last|latter|later|latest|third)\b")]
    private static partial Regex Last();

    [GeneratedRegex(@"\b(?:fine|okay|ok|right|correct|good|nothing)\b")]
    private static partial Regex Fine();
}
