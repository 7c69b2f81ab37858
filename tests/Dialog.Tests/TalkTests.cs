namespace OCPlatform.Dialog.Tests;

public sealed class TalkTests : IDisposable
{
    private readonly Talk _talk = new();

    [Fact]
    public void It_greets() => _talk.Open().Should().Contain("Harbor Street Dental");

    [Theory]
    [InlineData("what are your opening hours")]
    [InlineData("When are you open?")]
    public void It_tells_the_week(string question) =>
        _talk
            .Say(question)
            .Should()
            .Contain("Monday to Wednesday from nine AM to five PM")
            .And.Contain("Saturday from nine AM to noon");

    [Theory]
    [InlineData("are you open on sunday", "closed on Sunday, November twenty-ninth")]
    [InlineData(
        "what time do you close on thursday",
        "Thursday, November twenty-sixth we're open from nine AM to seven PM"
    )]
    [InlineData("are you open today", "Tuesday, November twenty-fourth we're open from nine AM to five PM")]
    public void It_tells_the_hours_of_a_day(string question, string answer) =>
        _talk.Say(question).Should().Contain(answer);

    [Fact]
    public void A_no_after_an_answer_ends_the_conversation()
    {
        _talk.Say("when are you open");
        _talk.Say("no that's all").Should().Contain("Goodbye");
        _talk.HungUp.Should().BeTrue();
    }

    [Theory]
    [InlineData("goodbye")]
    [InlineData("okay thank you bye bye")]
    public void A_goodbye_hangs_up(string goodbye)
    {
        _talk.Say(goodbye).Should().Contain("Goodbye");
        _talk.HungUp.Should().BeTrue();
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("Human.")]
    [InlineData("representative please")]
    public void Who_wants_a_person_is_asked_for_a_number_and_called_back(string wish)
    {
        _talk.Say(wish).Should().Contain("number");
        _talk.Say("five five five").Should().Be("Go on.");
        _talk.Say("twelve thirty four").Should().Contain("name");
        _talk.Say("it's maria").Should().Contain("five five five, one two three four").And.Contain("Maria");
        _talk.Say("yeah");
        var taken = _talk.Taken().Should().ContainSingle().Subject;
        (taken.Kind, taken.Name, taken.Phone, taken.Caller).Should().Be(("callback", "Maria", "5551234", "+15550100"));
    }

    [Fact]
    public void The_number_can_be_pressed_or_corrected()
    {
        _talk.Press("0").Should().Contain("number");
        _talk.Press("5551234");
        _talk.Say("john smith");
        _talk.Say("no it's five five five four three two one").Should().Contain("five five five, four three two one");
        _talk.Say("that's right");
        _talk.Taken().Single().Phone.Should().Be("5554321");
    }

    [Fact]
    public void It_takes_a_message()
    {
        _talk.Say("can i leave a message").Should().Contain("?");
        _talk.Say("my name is john o'brien");
        _talk.Say("555-867-5309").Should().Contain("message");
        _talk.Say("I'm running late, goodbye for now. Please wait for me.").Should().Contain("pass that on");
        var taken = _talk.Taken().Single();
        (taken.Name, taken.Phone, taken.Text)
            .Should()
            .Be(("John O'Brien", "5558675309", "I'm running late, goodbye for now. Please wait for me."));
    }

    [Fact]
    public void What_is_not_understood_is_asked_again_differently_twice_and_then_a_message_is_offered()
    {
        var first = _talk.Say("the purple elephant dances");
        var second = _talk.Say("colorless green ideas sleep furiously");
        var third = _talk.Say("jabberwocky slithy toves");

        second.Should().NotBe(first);
        third.Should().Contain("take a message");
        _talk.Say("yes please").Should().Contain("?");
        _talk.Flow.Should().Be("message");
    }

    [Fact]
    public void A_question_of_a_flow_is_asked_again_differently_twice_and_then_a_message_is_offered()
    {
        var asked = _talk.Say("i'd like an appointment");
        var first = _talk.Say("the purple elephant");
        var second = _talk.Say("banana republic");
        new[] { asked, first, second }.Should().OnlyHaveUniqueItems();
        _talk.Awaiting.Should().Be("day");
        _talk.Say("blah blah").Should().Contain("take a message");
        _talk.Say("no").Should().Contain("else");
        _talk.Flow.Should().BeEmpty();
    }

    [Fact]
    public void Understanding_resets_the_ladder()
    {
        var first = _talk.Say("the purple elephant dances");
        _talk.Say("when are you open");
        _talk.Say("the purple elephant dances").Should().Be(first);
    }

    [Fact]
    public void Silence_is_asked_about_twice_and_then_the_call_ends()
    {
        var first = _talk.Silence();
        var second = _talk.Silence();
        second.Should().NotBe(first);
        _talk.HungUp.Should().BeFalse();
        _talk.Silence().Should().Contain("Goodbye");
        _talk.HungUp.Should().BeTrue();
    }

    [Fact]
    public void A_word_resets_the_silence()
    {
        var first = _talk.Silence();
        _talk.Say("when are you open");
        _talk.Silence().Should().Be(first);
    }

    [Fact]
    public void It_repeats_what_it_said()
    {
        var hours = _talk.Say("when are you open");
        _talk.Say("can you say that again").Should().Be(hours);
    }

    [Fact]
    public void It_repeats_the_question_of_a_flow_and_the_answer_still_fits()
    {
        var question = _talk.Say("i want to book an appointment");
        _talk.Say("pardon").Should().Be(question);
        _talk.Say("thursday").Should().Contain("time");
    }

    [Fact]
    public void Help_says_what_it_can_do() => _talk.Say("what can you do").Should().Contain("appointment");

    [Fact]
    public void After_a_booking_the_name_is_not_asked_for_again()
    {
        _talk.Say("book me for thursday at ten my name is ann lee");
        _talk.Say("yes");
        _talk.Say("can i also leave a message");
        _talk.Awaiting.Should().Be("phone");
    }

    public void Dispose() => _talk.Dispose();
}
