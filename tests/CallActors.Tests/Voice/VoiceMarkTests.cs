using OCPlatform.AiAdapters.Tests.Support;
using OCPlatform.CallActors.Voice;

namespace OCPlatform.CallActors.Tests.Voice;

/// <summary>What a call's voice tells of a turn under way, so that another process can go on with it.</summary>
public sealed class VoiceMarkTests : IAsyncLifetime
{
    private const int RateHz = 8000;

    private ScriptedRiva _riva = null!;

    public async Task InitializeAsync() => _riva = await ScriptedRiva.StartAsync();

    public async Task DisposeAsync() => await _riva.DisposeAsync();

    [Fact]
    public async Task Each_clause_but_the_last_is_told_when_it_has_been_sent_to_its_end()
    {
        using var phone = Speaking("Hello. ", "I can do that. ", "Monday?");

        var first = await phone.NextAsync<VoiceEvent.AgentHeard>();
        var heard = SpokenMs(phone);
        var second = await phone.NextAsync<VoiceEvent.AgentHeard>();
        var delivered = await phone.NextAsync<VoiceEvent.AgentTurnDelivered>();

        (first.Turn, first.HeardText).Should().Be((7, "Hello."));
        heard.Should().BeGreaterThanOrEqualTo(390, "it is not heard before it was sent");
        second.HeardText.Should().Be("Hello. I can do that.");
        second.StartedAt.Should().Be(first.StartedAt);
        delivered.HeardText.Should().Be("Hello. I can do that. Monday?");
    }

    [Fact]
    public async Task Asked_to_it_stops_at_the_end_of_a_clause_that_comes_soon()
    {
        using var phone = Speaking("Hello. ", "I can do that.");
        await phone.UntilAsync(() => SpokenMs(phone) >= 60);

        phone.Voice.FallSilent(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));

        var silent = await phone.NextAsync<VoiceEvent.FellSilent>();
        silent.Heard!.HeardText.Should().Be("Hello.");
        phone.Say(phone.Silence(2000));
        SpokenMs(phone).Should().BeInRange(380, 420, "what it had begun is heard to its end, and nothing more");
    }

    [Fact]
    public async Task Asked_to_it_stops_within_a_clause_that_lasts_and_tells_the_words_that_are_heard()
    {
        _clauseMs = 4000;
        using var phone = Speaking("aaa bbb ccc ddd eee fff ggg hhh");
        await phone.UntilAsync(() => SpokenMs(phone) >= 900);

        phone.Voice.FallSilent(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(5));

        var silent = await phone.NextAsync<VoiceEvent.FellSilent>();
        phone.Say(phone.Silence(1000));
        // Up to 300 ms more, and 200 ms that lay in the playout.
        SpokenMs(phone).Should().BeInRange(900, 1600);
        var words = silent.Heard!.HeardText.Split(' ');
        words.Length.Should().BeInRange(1, 3);
        (words.Length * 500).Should().BeLessThanOrEqualTo(SpokenMs(phone), "only what is sent counts as heard");
    }

    [Fact]
    public async Task Silent_already_it_says_so_at_once()
    {
        using var phone = new PhoneLine(_riva, RateHz);
        phone.Say(phone.Silence(100));

        phone.Voice.FallSilent(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(5));

        (await phone.NextAsync<VoiceEvent.FellSilent>()).Heard.Should().BeNull();
    }

    private int _clauseMs = 400;

    private PhoneLine Speaking(params string[] clauses)
    {
        var phone = new PhoneLine(_riva, RateHz);
        _riva.Speak = (_, responses, _) => responses.WriteAsync(ScriptedRiva.Samples(phone.Tone(500, _clauseMs)));
        phone.Say(phone.Silence(100));
        phone.Voice.BeginTurn(7);
        foreach (var clause in clauses)
        {
            phone.Voice.AddText(7, clause);
        }
        phone.Voice.CompleteTurn(7);
        return phone;
    }

    /// <summary>From the first sample that was heard to the last.</summary>
    private static int SpokenMs(PhoneLine phone)
    {
        var first = phone.Heard.FindIndex(s => s != 0);
        return first < 0 ? 0 : (phone.Heard.FindLastIndex(s => s != 0) - first + 1) * 1000 / RateHz;
    }
}
