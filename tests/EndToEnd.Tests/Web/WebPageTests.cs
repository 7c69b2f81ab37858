using Microsoft.Data.Sqlite;
using Microsoft.Playwright;

namespace OCPlatform.EndToEnd.Tests.Web;

/// <summary>The page of the running platform, in a real browser, before the real agent.</summary>
[Collection(PlatformCollection.Name)]
public sealed class WebPageTests(HostFixture host) : IAsyncLifetime
{
    private readonly Browser _browser = new();

    private string Url => host.Platform.Http.BaseAddress!.ToString();

    public Task InitializeAsync() => _browser.InitializeAsync();

    public Task DisposeAsync() => _browser.DisposeAsync();

    [Fact]
    public async Task A_person_chats_with_the_agent_and_finds_the_chat_again_after_a_reload()
    {
        await using var page = await _browser.OpenAsync(Url);
        var greeting = await page.ReplyAsync(1);
        await page.WriteAsync("What are your opening hours?");
        var reply = await page.ReplyAsync(2);
        reply.Should().NotBeEmpty().And.NotBe(greeting);

        await page.Page.ReloadAsync();
        await page.ReplyAsync(2);

        (await page.LinesAsync()).Should().Equal(greeting, "What are your opening hours?", reply);
        page.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_person_books_an_appointment_by_chat_and_it_stands_in_the_table_once()
    {
        await using var page = await _browser.OpenAsync(Url);
        await page.ReplyAsync(1);
        var token = await page.Page.EvaluateAsync<string>("sessionStorage.getItem('ocp.chat.token')");
        await page.WriteAsync("I would like to book an appointment for Wednesday at 10 am");
        (await page.ReplyAsync(2)).ToLowerInvariant().Should().Contain("name");
        await page.WriteAsync("Mary Jones");
        (await page.ReplyAsync(3)).Should().ContainAll("Wednesday", "Mary Jones");
        await page.WriteAsync("yes, that is right");
        await page.ReplyAsync(4);
        await page.PictureAsync("booking");
        await page.WriteAsync("goodbye");
        await Assertions.Expect(page.Page.GetByText("The chat has ended.")).ToBeVisibleAsync();

        (await BookedNamesAsync(token.Split('.')[0])).Should().Equal("Mary Jones");
    }

    [Fact]
    public async Task The_page_tells_where_to_dial()
    {
        await using var page = await _browser.OpenAsync(Url);

        await Assertions
            .Expect(page.Page.Locator(".dial"))
            .ToContainTextAsync($"sip:agent@127.0.0.1:{host.Platform.Ports.Sip}");
    }

    private async Task<IReadOnlyList<string>> BookedNamesAsync(string conversationId)
    {
        var database = Path.Combine(host.Platform.DataFolder, "ocplatform.db");
        await using var connection = new SqliteConnection($"Data Source={database};Mode=ReadOnly");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM appointments WHERE conversation_id = @conversation";
        command.Parameters.AddWithValue("@conversation", conversationId);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> names = [];
        while (await reader.ReadAsync())
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }
}
