using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.Dialog.Tests;

public sealed class BookingTests : IDisposable
{
    private readonly Talk _talk = new();

    [Theory]
    [InlineData("i would like to book an appointment", "tuesday", "three pm", "my name is john smith")]
    [InlineData("Can I make an appointment, please?", "Next Tuesday.", "At three.", "John Smith.")]
    [InlineData(
        "yeah hi um i need to come in for a checkup",
        "uh tuesday i guess",
        "around 3 p.m. please",
        "it's john smith"
    )]
    [InlineData("i'd like an appointment for tuesday at three p.m.", "John Smith", null, null)]
    [InlineData("I would like to book an appointment for Tuesday at 3 p.m.", "This is John Smith speaking", null, null)]
    [InlineData("book me in at three on tuesday under john smith", null, null, null)]
    [InlineData(
        "hi this is john smith i want to schedule a visit",
        "the first of december",
        "fifteen thirty no three pm",
        null
    )]
    [InlineData("can you fit me in at three", "choose day", "my name's john smith", null)]
    [InlineData("i need an appointment", "tuesday at free pm", "john smith s m i t h", null)]
    [InlineData("i have a toothache can i see someone", "december 1st 3:00 pm", "smith john smith", null)]
    public void Day_time_and_name_are_taken_in_any_order(string a, string? b, string? c, string? d)
    {
        _talk.Open();
        foreach (var said in new[] { a, b, c, d }.OfType<string>())
        {
            _talk.Say(said);
        }

        _talk.Awaiting.Should().Be("?confirm", "slots are {0}", string.Join(", ", _talk.Slots));
        _talk.Slots["day"].Should().Be("2026-12-01");
        _talk.Slots["time"].Should().Be("15:00");
        _talk.Slots["name"].Should().EndWith("Smith");
        _talk.Say("yes").Should().Contain("booked for Tuesday, December first at three PM");
        Rows().Should().ContainSingle().Which.Should().Be("2026-12-01 15:00");
    }

    [Theory]
    [InlineData("no wednesday", "2026-12-02 15:00")]
    [InlineData("No, Wednesday.", "2026-12-02 15:00")]
    [InlineData("no i meant wednesday", "2026-12-02 15:00")]
    [InlineData("actually make it four", "2026-12-01 16:00")]
    [InlineData("make it for pm", "2026-12-01 16:00")]
    [InlineData("can we do ten thirty instead", "2026-12-01 10:30")]
    [InlineData("not tuesday thursday", "2026-12-03 15:00")]
    [InlineData("thursday instead of tuesday please", "2026-12-03 15:00")]
    [InlineData("no thursday at eleven", "2026-12-03 11:00")]
    [InlineData("sorry i'd rather come on wednesday at half past nine", "2026-12-02 09:30")]
    public void A_correction_at_the_confirmation_changes_what_was_wrong(string correction, string expected)
    {
        Fill();
        _talk.Say(correction);
        _talk.Awaiting.Should().Be("?confirm");
        _talk.Say("yes that's right");

        Rows().Should().ContainSingle().Which.Should().Be(NextWeek(expected));
    }

    // A weekday's name means its next date; on Tuesday the 24th Wednesday and Thursday are the 25th and (holiday or not) 26th.
    private static string NextWeek(string expected) =>
        expected.Replace("2026-12-02", "2026-11-25").Replace("2026-12-03", "2026-11-26");

    [Fact]
    public void A_plain_no_asks_what_to_change()
    {
        Fill();
        _talk.Say("no").Should().Contain("change");
        _talk.Say("the time");
        _talk.Awaiting.Should().Be("time");
        _talk.Say("eleven");
        _talk.Say("correct");
        Rows().Should().ContainSingle().Which.Should().Be("2026-12-01 11:00");
    }

    [Fact]
    public void What_is_known_already_may_be_said_again_at_the_confirmation()
    {
        Fill();
        var name = _talk.Slots["name"];

        _talk.Say($"my name is {name}").Should().Contain(name);

        (_talk.Awaiting, _talk.Slots["name"]).Should().Be(("?confirm", name));
        _talk.Say("the name is wrong");
        _talk.Awaiting.Should().Be("name");
    }

    [Fact]
    public void The_name_can_be_corrected()
    {
        Fill();
        _talk.Say("no my name is joan smythe").Should().Contain("Joan Smythe");
        _talk.Say("yes");
        _talk.Booked().Single().Name.Should().Be("Joan Smythe");
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("Yeah.")]
    [InlineData("yep that's it")]
    [InlineData("that is correct")]
    [InlineData("sounds good")]
    [InlineData("perfect thank you")]
    [InlineData("sure go ahead")]
    [InlineData("mm-hmm")]
    [InlineData("uh huh")]
    [InlineData("ok")]
    [InlineData("no that's right")]
    [InlineData("yes please book it")]
    [InlineData("right")]
    [InlineData("absolutely")]
    [InlineData("yes tuesday at three")]
    public void Consent_books(string consent)
    {
        Fill();
        _talk.Say(consent);
        Rows().Should().ContainSingle();
    }

    [Fact]
    public void A_closed_day_is_refused_with_the_reason()
    {
        _talk.Say("i'd like an appointment on sunday").Should().Contain("closed on Sunday");
        _talk.Awaiting.Should().Be("day");
        _talk.Say("then monday please").Should().Contain("Monday, November thirtieth");
    }

    [Fact]
    public void A_time_outside_opening_hours_is_refused_with_the_reason()
    {
        _talk.Say("book me for friday at eight in the evening").Should().Contain("Friday").And.Contain("three PM");
        _talk.Awaiting.Should().Be("time");
    }

    [Fact]
    public void A_time_that_has_passed_is_refused()
    {
        _talk.Say("can i come in today at nine thirty am").Should().Contain("already passed");
    }

    [Fact]
    public void A_start_off_the_grid_is_answered_with_the_nearest_ones()
    {
        _talk
            .Say("i'd like to book for thursday at ten past two pm")
            .Should()
            .Contain("two PM")
            .And.Contain("two thirty PM");
        _talk.Say("two thirty");
        _talk.Slots["time"].Should().Be("14:30");
    }

    [Theory]
    [InlineData("three thirty", "15:30")]
    [InlineData("the second one", "15:30")]
    [InlineData("the first one please", "14:30")]
    [InlineData("half past two", "14:30")]
    [InlineData("the later one", "15:30")]
    [InlineData("either is fine", "14:30")]
    public void A_double_booking_is_refused_with_alternatives(string choice, string expected)
    {
        using var other = new Talk(id: "other", shared: _talk.Database);
        Fill(other);
        other.Say("yes");

        _talk
            .Say("i want to book an appointment for tuesday at three pm")
            .Should()
            .Contain("taken")
            .And.Contain("two thirty PM or three thirty PM");
        _talk.Say(choice);
        _talk.Slots["time"].Should().Be(expected);
        _talk.Say("maria garcia");
        _talk.Say("yes");
        _talk.Booked().Should().HaveCount(2);
    }

    [Fact]
    public void A_start_that_somebody_took_since_the_check_is_refused_at_the_booking()
    {
        using var other = new Talk(id: "other", shared: _talk.Database);
        Fill();
        Fill(other);
        other.Say("yes").Should().Contain("booked");
        _talk.Say("yes").Should().Contain("already taken").And.Contain("two thirty PM");
    }

    [Fact]
    public void Part_of_a_day_is_answered_with_free_starts()
    {
        _talk.Say("i need an appointment tomorrow afternoon").Should().Contain("noon");
        _talk.Awaiting.Should().Be("time");
        _talk.Slots["day"].Should().Be("2026-11-25");
    }

    [Fact]
    public void Whoever_has_no_preference_is_offered_times()
    {
        _talk.Say("i need an appointment");
        _talk.Say("on monday");
        _talk.Say("any time is fine").Should().Contain("nine AM");
    }

    [Fact]
    public void A_question_in_the_middle_is_answered_and_the_booking_goes_on()
    {
        _talk.Say("i'd like to make an appointment");
        _talk
            .Say("are you open on saturday")
            .Should()
            .Contain("Saturday")
            .And.Contain("nine AM to noon")
            .And.Contain("day");
        _talk.Awaiting.Should().Be("day");
        _talk.Say("okay saturday at ten then");
        _talk.Slots["time"].Should().Be("10:00");
    }

    [Fact]
    public void Never_mind_leaves_the_booking()
    {
        _talk.Say("i'd like to make an appointment");
        _talk.Say("never mind").Should().Contain("leave that");
        _talk.Flow.Should().BeEmpty();
    }

    [Fact]
    public void In_a_chat_days_and_times_are_written()
    {
        using var chat = new Talk(Channel.Chat);
        Fill(chat);
        chat.Say("yes").Should().Contain("Tuesday, December 1 at 3:00 PM");
    }

    private void Fill() => Fill(_talk);

    private static void Fill(Talk talk)
    {
        talk.Open();
        talk.Say("i would like to book an appointment for tuesday at three pm");
        talk.Say("john smith").Should().Contain("John Smith").And.Contain("Is that right?");
    }

    private IEnumerable<string> Rows() => _talk.Booked().Select(row => $"{row.Day} {row.Time}");

    public void Dispose() => _talk.Dispose();
}
