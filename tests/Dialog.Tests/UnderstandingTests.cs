using OCPlatform.Dialog.Conversations;
using OCPlatform.Dialog.Understanding;

namespace OCPlatform.Dialog.Tests;

public sealed class UnderstandingTests
{
    private static readonly DateTime Tuesday = new(2026, 11, 24, 10, 0, 0);

    /// <summary>Without Microsoft.Extensions.Caching.Memory beside them the recognisers find nothing and say nothing.</summary>
    [Fact]
    public void The_recognisers_recognise() =>
        Read("the day after tomorrow at three pm").Should().Be("2026-11-26 15:00");

    [Theory]
    [InlineData("Tuesday at 3 p.m.", "2026-12-01 15:00")]
    [InlineData("tuesday at free pm", "2026-12-01 15:00")]
    [InlineData("tuesday at for p.m.", "2026-12-01 16:00")]
    [InlineData("wens day at ate a.m.", "2026-11-25 08:00")]
    [InlineData("when's day at to p m", "2026-11-25 14:00")]
    [InlineData("tomorrow at 3.30 pm", "2026-11-25 15:30")]
    [InlineData("tomorrow at 330", "2026-11-25 15:30")]
    [InlineData("on friday at half past two", "2026-11-27 14:30")]
    [InlineData("friday quarter to four", "2026-11-27 15:45")]
    [InlineData("a week from tuesday at noon", "2026-12-01 12:00")]
    [InlineData("Friday the 27th, 10:30", "2026-11-27 10:30")]
    [InlineData("december first at ten", "2026-12-01 10:00")]
    [InlineData("the twenty seventh at eleven", "2026-11-27 11:00")]
    [InlineData("monday no wait thursday", "2026-11-26 -")]
    [InlineData("thursday or friday", "2026-11-26 -")]
    [InlineData("not thursday friday", "2026-11-27 -")]
    [InlineData("three", "- 15:00")]
    [InlineData("four thirty", "- 16:30")]
    [InlineData("ten o'clock", "- 10:00")]
    [InlineData("10 o clock", "- 10:00")]
    [InlineData("the second one", "- -")]
    [InlineData("for two people", "- -")]
    [InlineData("in the morning", "- -")]
    [InlineData("today", "2026-11-24 -")]
    [InlineData("next week", "- -")]
    public void Days_and_times_as_speech_recognition_writes_them(string heard, string expected) =>
        Read(heard).Should().Be(expected);

    [Theory]
    [InlineData("my name is john smith", "John Smith")]
    [InlineData("John Smith.", "John Smith")]
    [InlineData("it's maria", "Maria")]
    [InlineData("uh this is ann lee speaking", "Ann Lee")]
    [InlineData("yes the name is o'brien", "O'Brien")]
    [InlineData("smith s m i t h", "Smith")]
    [InlineData("j o h n smith", "John Smith")]
    [InlineData("sure, it is Peter van der Berg", "Peter Van Der Berg")]
    [InlineData("my name's mcdonald thank you", "McDonald")]
    [InlineData("jose please", "Jose")]
    [InlineData("maria garcia speaking", "Maria Garcia")]
    [InlineData("that would be doctor miller", "Miller")]
    [InlineData("why do you need that", null)]
    [InlineData("yes", null)]
    [InlineData("i don't want to tell you", null)]
    [InlineData("tuesday at three", null)]
    [InlineData("what", null)]
    public void Names_in_the_answer_to_who_is_calling(string heard, string? name) =>
        PersonName.Answered(SpokenText.Plain(heard)).Should().Be(name);

    [Theory]
    [InlineData("555-1234", "5551234")]
    [InlineData("five five five one two three four", "5551234")]
    [InlineData("5, 5, 5, 1, 2, 3, 4", "5551234")]
    [InlineData("double five five twelve thirty four", "5551234")]
    [InlineData("eight hundred five five five oh one oh oh", "8005550100")]
    [InlineData("it's 2 1 2 five fifty five twenty three forty", "2125552340")]
    [InlineData("+1 (415) 555-0100", "14155550100")]
    [InlineData("i'd like to go for a walk", "")]
    public void Phone_numbers_as_people_say_them(string heard, string digits) =>
        PhoneNumber.Digits(SpokenText.Plain(heard)).Should().Be(digits);

    [Theory]
    [InlineData("yes", Consent.Yes)]
    [InlineData("Yeah, sure.", Consent.Yes)]
    [InlineData("um yes please", Consent.Yes)]
    [InlineData("that's correct", Consent.Yes)]
    [InlineData("no that's fine", Consent.Yes)]
    [InlineData("no problem", Consent.Yes)]
    [InlineData("jess", Consent.Yes)]
    [InlineData("no", Consent.No)]
    [InlineData("nope", Consent.No)]
    [InlineData("no thank you", Consent.No)]
    [InlineData("that's not right", Consent.No)]
    [InlineData("that is wrong", Consent.No)]
    [InlineData("I don't think so", Consent.No)]
    [InlineData("not really", Consent.No)]
    [InlineData("know", Consent.No)]
    [InlineData("on tuesday", Consent.None)]
    [InlineData("what did you say", Consent.None)]
    [InlineData("john smith", Consent.None)]
    public void Yes_and_no(string heard, Consent consent) => YesNo.Read(SpokenText.Plain(heard)).Should().Be(consent);

    [Theory]
    [InlineData("Sure. What day would suit you?", "Sure. |What day would suit you?")]
    [InlineData("Sorry, which day? For example, next Monday.", "Sorry, |which day? |For example, next Monday.")]
    [InlineData("Dr. Jones is in at 3.30 today. Really!", "Dr. Jones is in at 3.30 today. |Really!")]
    [InlineData("No marks at all", "No marks at all")]
    public void A_turn_is_cut_into_its_first_clause_and_sentences(string text, string pieces)
    {
        CutBy(text, text.Length).Should().Be(pieces);
        // However the model's deltas fall.
        CutBy(text, 1).Should().Be(pieces);
        CutBy(text, 3).Should().Be(pieces);
    }

    private static string CutBy(string text, int size)
    {
        var splitter = new ClauseSplitter();
        var pieces = text.Chunk(size).SelectMany(chunk => splitter.Push(new string(chunk))).ToList();
        return string.Join('|', pieces.Concat(splitter.Flush()));
    }

    private static string Read(string heard)
    {
        var when = WhenReader.Read(SpokenText.Plain(heard), Tuesday, expectsDay: true, expectsTime: true);
        var time = when.Choose(TestAgent.FrontDesk.OpeningHours, when.Day, 30);
        return $"{when.Day?.ToString("yyyy-MM-dd") ?? "-"} {time?.ToString("HH:mm") ?? "-"}";
    }
}
