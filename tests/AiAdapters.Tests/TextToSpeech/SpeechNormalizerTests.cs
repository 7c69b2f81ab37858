using OCPlatform.AiAdapters.TextToSpeech.Text;

namespace OCPlatform.AiAdapters.Tests.TextToSpeech;

public sealed class SpeechNormalizerTests
{
    [Theory]
    [InlineData("See you at 3:00 PM.", "See you at three P M.")]
    [InlineData("at 3:05 p.m. sharp", "at three oh five P M sharp")]
    [InlineData("at 3 p.m. Bring your card", "at three P M. Bring your card")]
    [InlineData("at 10:30am", "at ten thirty A M")]
    [InlineData("from 9 AM to 5 PM", "from nine A M to five P M")]
    [InlineData("at 15:30", "at fifteen thirty")]
    [InlineData("at 12:00", "at twelve o'clock")]
    public void Times_are_read_as_people_say_them(string written, string spoken) => Reads(written, spoken);

    [Theory]
    [InlineData("on 2026-11-24", "on November twenty fourth, twenty twenty six")]
    [InlineData("on 12/1/2026.", "on December first, twenty twenty six.")]
    [InlineData("on Tuesday, December 1st at 3:00 PM", "on Tuesday, December first at three P M")]
    [InlineData("on Nov. 3", "on November third")]
    [InlineData("on March 5, 2031", "on March fifth, twenty thirty one")]
    [InlineData("I may 3 times", "I may three times")]
    public void Dates_are_read_as_people_say_them(string written, string spoken) => Reads(written, spoken);

    [Theory]
    [InlineData("call 555-1234", "call five five five, one two three four")]
    [InlineData("call (212) 555-0134.", "call two one two, five five five, zero one three four.")]
    [InlineData("+1 212-555-0134", "plus one, two one two, five five five, zero one three four")]
    [InlineData("your number 2125550134", "your number two one two five five five zero one three four")]
    [InlineData("code 007", "code zero zero seven")]
    public void Telephone_numbers_and_codes_are_read_digit_by_digit(string written, string spoken) =>
        Reads(written, spoken);

    [Theory]
    [InlineData("$12.50", "twelve dollars and fifty cents")]
    [InlineData("$1", "one dollar")]
    [InlineData("$1,200.00", "one thousand two hundred dollars")]
    [InlineData("€3.01", "three euros and one cent")]
    [InlineData("a 15% tip", "a fifteen percent tip")]
    public void Money_and_percentages_are_read_out(string written, string spoken) => Reads(written, spoken);

    [Theory]
    [InlineData("42 seats", "forty two seats")]
    [InlineData("3.14", "three point one four")]
    [InlineData("1,234,567", "one million two hundred thirty four thousand five hundred sixty seven")]
    [InlineData("the 22nd and 3rd", "the twenty second and third")]
    [InlineData("in 10-15 minutes", "in ten to fifteen minutes")]
    [InlineData("room B12", "room B twelve")]
    [InlineData(
        "99999999999999999999",
        "nine nine nine nine nine nine nine nine nine nine nine nine nine nine nine nine nine nine nine nine"
    )]
    public void Numbers_become_words(string written, string spoken) => Reads(written, spoken);

    [Theory]
    [InlineData("Dr. Smith lives on Main St.", "Doctor Smith lives on Main Street")]
    [InlineData("Mr. & Mrs. Jones", "Mister and Missus Jones")]
    [InlineData("**Bold** and `code`", "Bold and code")]
    [InlineData("<speak>Hello <break time=\"1s\"/> there</speak>", "Hello there")]
    [InlineData("mail jo@example.com", "mail jo at example dot com")]
    public void Abbreviations_and_markup_do_not_reach_the_voice(string written, string spoken) =>
        Reads(written, spoken);

    [Fact]
    public void Whatever_goes_in_no_digit_comes_out() =>
        CsCheck.Check.Sample(
            CsCheck.Gen.String[CsCheck.Gen.Char["0123456789:-/.,$%() apmAPM+JanMay"], 0, 40],
            text => SpeechNormalizer.Normalize(text).Any(char.IsAsciiDigit).Should().BeFalse()
        );

    [Fact]
    public void Clauses_end_at_sentences_and_at_commas_with_enough_on_both_sides()
    {
        var text = "Hello. Your appointment is on Tuesday the first, and the doctor will see you at three. Yes, sure.";
        ClauseSplitter
            .Split(text)
            .Select(c => c.Text)
            .Should()
            .Equal(
                "Hello.",
                "Your appointment is on Tuesday the first,",
                "and the doctor will see you at three.",
                "Yes, sure."
            );
    }

    [Fact]
    public void Text_without_any_punctuation_is_cut_between_words()
    {
        var clauses = ClauseSplitter.Split(string.Join(' ', Enumerable.Repeat("word", 200)));
        clauses.Should().HaveCountGreaterThan(3).And.OnlyContain(c => c.Text.Length <= 220);
        string.Join(' ', clauses.Select(c => c.Text)).Should().Be(string.Join(' ', Enumerable.Repeat("word", 200)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ...  ")]
    [InlineData("—")]
    public void Nothing_to_say_gives_no_clause(string text) => ClauseSplitter.Split(text).Should().BeEmpty();

    private static void Reads(string written, string spoken) => SpeechNormalizer.Normalize(written).Should().Be(spoken);
}
