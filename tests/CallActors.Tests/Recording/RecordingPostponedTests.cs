using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sharding;

namespace OCPlatform.CallActors.Tests.Recording;

/// <summary>A recording ends while the database is away.</summary>
public sealed class RecordingPostponedTests : TestKit
{
    private readonly RecordingBox _box = new();
    private readonly CallId _call = CallId.New();

    private sealed class Calls(IActorRef region) : IRequiredActor<CallRegion>
    {
        public IActorRef ActorRef => region;

        public Task<IActorRef> GetAsync(CancellationToken cancellationToken = default) => Task.FromResult(region);
    }

    [Fact]
    public async Task It_is_kept_when_the_database_is_back_and_its_call_is_told()
    {
        var desk = _box.Desk();
        await _box.Catalog.ListAsync(1, null, default);
        await ExecuteAsync("ALTER TABLE recordings RENAME TO away");
        var failed = await Assert.ThrowsAsync<RecordingException>(() => RecordingBox.RecordAsync(desk, _call));
        failed.IsPostponed.Should().BeTrue();
        using var keeper = new RecordingKeeper(
            desk,
            _box.Recovery(_box.DeskOf("node-2")), // Which does not look into this node's folder.
            _box.Retention(),
            _box.Deletion(),
            new Calls(TestActor),
            _box.Time,
            NullLogger<RecordingKeeper>.Instance
        );

        (await desk.KeepPostponedAsync(default)).Should().BeEmpty();
        desk.Postponed.Should().Be(1, "the database is away still");
        await ExecuteAsync("ALTER TABLE away RENAME TO recordings");
        await keeper.StartAsync(default);

        var note = await NoteAsync();
        (note.CallId, note.RecordingId, note.DurationMs).Should().Be((_call, _call.Value, 1_000));
        var entry = (await _box.Catalog.GetAsync(_call.Value, default))!;
        File.Exists(new Uri(entry.Uri).LocalPath).Should().BeTrue();
        Directory
            .GetFiles(_box.Folder.Active, "*", SearchOption.AllDirectories)
            .Should()
            .NotContain(f => f.Contains(_call.Value));
        desk.Postponed.Should().Be(0);
        await keeper.StopAsync(default);
    }

    [Fact]
    public async Task What_somebody_else_has_kept_meanwhile_is_not_kept_again()
    {
        var desk = _box.Desk();
        await _box.Catalog.ListAsync(1, null, default);
        await ExecuteAsync("ALTER TABLE recordings RENAME TO away");
        await Assert.ThrowsAsync<RecordingException>(() => RecordingBox.RecordAsync(desk, _call));
        await ExecuteAsync("ALTER TABLE away RENAME TO recordings");

        (await _box.Recovery(desk).RunAsync(default)).Should().ContainSingle();

        (await desk.KeepPostponedAsync(default)).Should().BeEmpty();
        desk.Postponed.Should().Be(0);
    }

    private async Task<CallCommands.NoteRecording> NoteAsync()
    {
        CallCommands.NoteRecording? note = null;
        await AwaitAssertAsync(
            async () =>
            {
                _box.Time.Advance(RecordingDesk.RetryInterval);
                note = await ExpectMsgAsync<CallCommands.NoteRecording>(TimeSpan.FromMilliseconds(500));
            },
            TimeSpan.FromSeconds(10)
        );
        return note!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await _box.Database.OpenAsync(default);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _box.Dispose();
    }
}
