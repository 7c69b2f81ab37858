using Microsoft.Data.Sqlite;
using OCPlatform.LoadTest;

namespace OCPlatform.EndToEnd.Tests.Voice;

/// <summary>A synthetic caller talks with the agent over the phone: the whole way through, nothing scripted in between.</summary>
[Collection(PlatformCollection.Name)]
public sealed class BookingByVoiceTests(HostFixture fixture)
{
    [Fact]
    public async Task A_caller_books_an_appointment_and_it_stands_in_the_table_once()
    {
        await using var calls = new VoiceCalls(fixture.Platform);
        var result = await calls.CallAsync(
            await calls.SayAsync("i would like to book an appointment for tuesday at three pm"),
            await calls.SayAsync("my name is john smith"),
            await calls.SayAsync("yes, that is right"),
            await calls.SayAsync("goodbye")
        );

        var record = await calls.RecordOfAsync(result);
        var said = VoiceCalls.Turns(record, "user");
        said[0].ToLowerInvariant().Should().ContainAll("appointment", "tuesday").And.MatchRegex("three|3");
        var answers = VoiceCalls.Turns(record, "agent");
        answers[1].ToLowerInvariant().Should().Contain("name");
        record.GetProperty("endCause").GetProperty("reason").GetString().Should().BeOneOf("completed", "hungUp");
        (await BookedNames(record.GetProperty("id").GetString()!))
            .Should()
            .ContainSingle()
            .Which.ToLowerInvariant()
            .Should()
            .Contain("smith");
    }

    [Fact]
    public async Task What_the_caller_hears_is_what_the_agents_turns_say()
    {
        await using var calls = new VoiceCalls(fixture.Platform);
        var result = await calls.CallAsync(await calls.SayAsync("what are your opening hours"));

        var record = await calls.RecordOfAsync(result);
        var answer = VoiceCalls.Turns(record, "agent")[1];
        var heard = await calls.TranscribeAsync(result.HeardReply(0)!);
        WordErrors
            .Understood(answer, heard)
            .Should()
            .BeGreaterThanOrEqualTo(0.9, "said: {0}; heard: {1}", answer, heard);
    }

    [Fact]
    public async Task A_caller_who_interrupts_silences_the_agent_and_the_turn_keeps_only_what_was_heard()
    {
        await using var calls = new VoiceCalls(fixture.Platform);
        var hours = await calls.SayAsync("what are your opening hours");
        var interruption = await calls.SayAsync("i want to talk to a human please");
        var script = CallerScript.Speaking(hours, interruption);
        script = script with
        {
            Lines = [script.Lines[0], script.Lines[1] with { BargeIn = TimeSpan.FromMilliseconds(1200) }],
        };

        var result = await calls.CallAsync(script);

        var record = await calls.RecordOfAsync(result);
        var interrupted = record
            .GetProperty("turns")
            .EnumerateArray()
            .Where(turn => turn.GetProperty("interrupted").GetBoolean())
            .ToList();
        interrupted.Should().ContainSingle();
        interrupted[0].GetProperty("speaker").GetString().Should().Be("agent");
        result.Measurement.Turns[1].BargeIn.Should().NotBeNull().And.BeLessThan(TimeSpan.FromMilliseconds(600));
    }

    private async Task<IReadOnlyList<string>> BookedNames(string callId)
    {
        var database = Path.Combine(fixture.Platform.DataFolder, "ocplatform.db");
        await using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM appointments WHERE conversation_id = @conversation";
        command.Parameters.AddWithValue("@conversation", "v" + callId[1..]);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> names = [];
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }
}
