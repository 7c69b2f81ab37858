using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Host.Http;
using OCPlatform.Media.Recording;

namespace OCPlatform.Host.Tests.Http;

/// <summary>The API over a real socket, with recordings in a folder and a catalogue of its own.</summary>
public sealed class RecordingsApiTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-recordings-api-");
    private readonly FixedRecords _records = new();
    private readonly HttpClient _client = new();
    private readonly CallId _call = CallId.New();
    private WebApplication _app = null!;
    private RecordingFolder _recordings = null!;
    private RecordingCatalog _catalog = null!;

    public async Task InitializeAsync()
    {
        _recordings = new RecordingFolder(Path.Combine(_folder.FullName, "recordings"), "node-1");
        _catalog = new RecordingCatalog(
            new Database(new DatabaseOptions { Path = Path.Combine(_folder.FullName, "catalogue.db") })
        );
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddWebSide();
        builder.Services.AddSingleton(_catalog);
        builder.Services.AddSingleton<IRecordingStore>(new FileRecordingStore(_recordings));
        builder.Services.AddSingleton(_recordings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<RecordingDeletion>();
        builder.Services.AddSingleton<RecordingPlayback>();
        builder.Services.AddSingleton<ICallRecords>(_records);
        _app = builder.Build();
        _app.MapRecordingsApi();
        await _app.StartAsync();
        var address = _app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.Single();
        _client.BaseAddress = new Uri(address);
    }

    [Fact]
    public async Task A_recording_is_given_whole_with_its_type_and_checksum()
    {
        var bytes = await KeepAsync(1);

        using var answer = await _client.GetAsync($"/api/calls/{_call}/recording");

        answer.StatusCode.Should().Be(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.Should().Be("audio/wav");
        answer.Headers.AcceptRanges.Should().Contain("bytes");
        answer.Headers.ETag!.Tag.Should().Be("\"checksum-1\"");
        (await answer.Content.ReadAsByteArrayAsync()).Should().Equal(bytes);
    }

    [Fact]
    public async Task A_range_is_given_as_asked()
    {
        var bytes = await KeepAsync(1);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/calls/{_call}/recording");
        request.Headers.Range = new RangeHeaderValue(100, 199);

        using var answer = await _client.SendAsync(request);

        answer.StatusCode.Should().Be(HttpStatusCode.PartialContent);
        answer.Content.Headers.ContentRange!.ToString().Should().Be($"bytes 100-199/{bytes.Length}");
        (await answer.Content.ReadAsByteArrayAsync()).Should().Equal(bytes[100..200]);
    }

    [Fact]
    public async Task A_call_s_second_recording_is_asked_for_by_its_number()
    {
        await KeepAsync(1);
        var second = await KeepAsync(2);

        (await _client.GetByteArrayAsync($"/api/calls/{_call}/recording?number=2")).Should().Equal(second);
    }

    [Theory]
    [InlineData(CallRecordingState.Recording, HttpStatusCode.Conflict)]
    [InlineData(CallRecordingState.Paused, HttpStatusCode.Conflict)]
    [InlineData(CallRecordingState.Failed, HttpStatusCode.NotFound)]
    public async Task What_is_not_there_says_whether_it_will_be(CallRecordingState state, HttpStatusCode status)
    {
        _records.Record = new CallRecord
        {
            Id = _call,
            Recordings = [new CallRecording { Id = _call.Value, State = state }],
        };

        (await _client.GetAsync($"/api/calls/{_call}/recording")).StatusCode.Should().Be(status);
    }

    [Theory]
    [InlineData("/api/calls/..%2F..%2Fetc/recording", HttpStatusCode.BadRequest)]
    [InlineData("/api/recordings?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("/api/recordings?after=nothing", HttpStatusCode.BadRequest)]
    public async Task What_cannot_be_asked_is_refused(string path, HttpStatusCode status) =>
        (await _client.GetAsync(path)).StatusCode.Should().Be(status);

    [Fact]
    public async Task Recordings_are_listed_page_by_page()
    {
        for (var number = 1; number <= 3; number++)
        {
            await KeepAsync(number);
        }

        var first = await ListAsync("/api/recordings?limit=2");
        var next = first.GetProperty("next").GetString();
        var second = await ListAsync($"/api/recordings?limit=2&after={next}");

        Ids(first).Concat(Ids(second)).Should().Equal($"{_call}-3", $"{_call}-2", _call.Value);
        second.TryGetProperty("next", out _).Should().BeFalse();
        var one = second.GetProperty("recordings")[0];
        one.GetProperty("format").GetString().Should().Be("wavUlaw");
        one.GetProperty("sha256").GetString().Should().Be("checksum-1");
    }

    [Fact]
    public async Task A_deleted_recording_is_gone()
    {
        await KeepAsync(1);

        (await _client.DeleteAsync($"/api/recordings/{_call}")).StatusCode.Should().Be(HttpStatusCode.NoContent);

        (await _client.DeleteAsync($"/api/recordings/{_call}")).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await _client.GetAsync($"/api/calls/{_call}/recording")).StatusCode.Should().Be(HttpStatusCode.NotFound);
        Directory.EnumerateFiles(_recordings.Root, "*.wav", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task What_a_call_still_records_is_not_deleted_under_it()
    {
        await KeepAsync(1);
        _records.Record = new CallRecord
        {
            Id = _call,
            Recordings =
            [
                new CallRecording
                {
                    Id = _call.Value,
                    State = CallRecordingState.Recording,
                    Parts = [new CallRecordingPart(1, 0, null), new CallRecordingPart(2, 5_000, "node-2")],
                },
            ],
        };

        (await _client.DeleteAsync($"/api/recordings/{_call}")).StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await _client.GetAsync($"/api/calls/{_call}/recording")).StatusCode.Should().Be(HttpStatusCode.Conflict);
        (await _client.GetAsync($"/api/calls/{_call}/recording?part=1")).StatusCode.Should().Be(HttpStatusCode.OK);
        (await _client.GetAsync($"/api/calls/{_call}/recording?part=2"))
            .StatusCode.Should()
            .Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_lies_on_another_node_is_neither_given_nor_deleted()
    {
        await KeepAsync(1, place: "another");

        (await _client.GetAsync($"/api/calls/{_call}/recording")).StatusCode.Should().Be(HttpStatusCode.NotFound);
        (await _client.DeleteAsync($"/api/recordings/{_call}")).StatusCode.Should().Be(HttpStatusCode.Conflict);
    }

    private async Task<byte[]> KeepAsync(int number, string? place = null)
    {
        var startedAt = new DateTimeOffset(2026, 3, 5, 10, number, 0, TimeSpan.Zero);
        var id = RecordingNames.IdOf(_call, number);
        var bytes = new byte[1000];
        new Random(number).NextBytes(bytes);
        var key = RecordingNames.KeyOf(id, startedAt, RecordingFormat.WavUlaw);
        Directory.CreateDirectory(Path.GetDirectoryName(_recordings.PathOf(key))!);
        await File.WriteAllBytesAsync(_recordings.PathOf(key), bytes);
        await _catalog.PutAsync(
            [
                new RecordingEntry
                {
                    Id = id,
                    Recording = id,
                    CallId = _call,
                    StartedAt = startedAt,
                    DurationMs = 1000,
                    Bytes = bytes.Length,
                    Sha256 = $"checksum-{number}",
                    Format = RecordingFormat.WavUlaw,
                    SampleRateHz = 8000,
                    Key = key,
                    Uri = $"file:///{key}",
                    Node = "node-1",
                    Place = place ?? _recordings.Place,
                    State = RecordingState.Kept,
                },
            ],
            startedAt,
            default
        );
        return bytes;
    }

    private async Task<JsonElement> ListAsync(string path) =>
        JsonDocument.Parse(await _client.GetStringAsync(path)).RootElement;

    private static IEnumerable<string> Ids(JsonElement list) =>
        list.GetProperty("recordings").EnumerateArray().Select(r => r.GetProperty("id").GetString()!);

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private sealed class FixedRecords : ICallRecords
    {
        public CallRecord? Record { get; set; }

        public Task<IReadOnlyList<CallRecord>> ListAsync(int limit, bool liveOnly, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<CallRecord>>([]);

        public Task<CallRecord?> GetAsync(CallId id, CancellationToken cancellation) => Task.FromResult(Record);
    }
}
