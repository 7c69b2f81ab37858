using System.Security.Cryptography;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Tests.Recording;

public sealed class RecordingStoreTests : IDisposable
{
    private readonly RecordingBox _box = new();
    private readonly CallId _call = CallId.New();

    [Fact]
    public async Task A_recording_lies_by_its_day_under_its_call_s_id_and_is_in_the_catalogue()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(), _call);

        entry.Key.Should().Be($"2026/03/05/{_call}.wav");
        var file = _box.Folder.PathOf(entry.Key);
        entry.Sha256.Should().Be(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));
        entry.Bytes.Should().Be(new FileInfo(file).Length);
        (entry.DurationMs, entry.State, entry.Fault).Should().Be((1000, RecordingState.Kept, null));
        entry.Uri.Should().StartWith("file:///").And.EndWith(entry.Key);
        (await _box.Catalog.GetAsync(entry.Id, default)).Should().Be(entry);
        _box.Folder.Parts().Should().BeEmpty();
        await using var opened = await _box.Files.OpenAsync(entry, default);
        opened!.Length.Should().Be(entry.Bytes);
    }

    [Fact]
    public async Task Recordings_of_a_call_are_counted_and_listed_page_by_page_newest_first()
    {
        var desk = _box.Desk();
        for (var number = 1; number <= 5; number++)
        {
            await RecordingBox.RecordAsync(desk, _call, number: number);
            _box.Time.Advance(TimeSpan.FromMinutes(number == 3 ? 0 : 1));
        }

        var first = await _box.Catalog.ListAsync(2, null, default);
        var second = await _box.Catalog.ListAsync(2, first[^1], default);
        var third = await _box.Catalog.ListAsync(2, second[^1], default);

        first
            .Concat(second)
            .Concat(third)
            .Select(e => e.Id[_call.Value.Length..])
            .Should()
            .Equal("-5", "-4", "-3", "-2", "");
    }

    [Fact]
    public async Task A_deleted_recording_is_gone_from_the_disk_and_deleting_it_again_is_no_error()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(), _call);

        await _box.Files.DeleteAsync(entry, default);
        await _box.Files.DeleteAsync(entry, default);

        File.Exists(_box.Folder.PathOf(entry.Key)).Should().BeFalse();
        (await _box.Files.OpenAsync(entry, default)).Should().BeNull();
    }

    [Fact]
    public async Task Another_folder_s_recording_is_not_deleted_by_its_name()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(), _call);
        var elsewhere = entry with { Place = "other" };

        await _box.Files.Invoking(f => f.DeleteAsync(elsewhere, default)).Should().ThrowAsync<IOException>();

        (await _box.Files.OpenAsync(elsewhere, default)).Should().BeNull();
        File.Exists(_box.Folder.PathOf(entry.Key)).Should().BeTrue();
    }

    [Fact]
    public void A_folder_keeps_its_name_over_restarts() =>
        new RecordingFolder(_box.Options.Folder).Place.Should().Be(_box.Folder.Place).And.HaveLength(16);

    [Fact]
    public async Task What_a_killed_process_left_is_completed_kept_and_told()
    {
        // A file as a writer leaves it when it is killed: its head says less than there is.
        var recording = _box.Desk().Begin(_call, 2, 8000);
        RecordingBox.Feed(recording.Recorder, 2);
        recording.Recorder.Stop();
        var finished = await recording.Recorder.Finished;
        await File.AppendAllBytesAsync(finished.Path, new byte[1601]);
        await File.WriteAllTextAsync(Path.Combine(_box.Folder.Active, "x.part"), "no recording");
        var empty = Path.Combine(
            _box.Folder.Active,
            RecordingNames.PartOf($"{_call}-3", _box.Time.GetUtcNow(), default)
        );
        await File.WriteAllBytesAsync(empty, []);
        _box.Time.Advance(TimeSpan.FromDays(1));

        var desk = _box.Desk();
        var kept = await _box.Recovery(desk).RunAsync(default);

        var note = kept.Should().ContainSingle().Subject;
        (note.CallId, note.RecordingId, note.DurationMs).Should().Be((_call, $"{_call}-2", 2100));
        var entry = (await _box.Catalog.GetAsync(note.RecordingId, default))!;
        entry.Key.Should().Be($"2026/03/05/{_call}-2.wav", "that is when it was begun");
        entry.Fault.Should().NotBeNull();
        File.Exists(_box.Folder.PathOf(entry.Key)).Should().BeTrue();
        (await _box.Recovery(desk).RunAsync(default)).Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_being_recorded_is_no_left_over()
    {
        var desk = _box.Desk();
        var recording = desk.Begin(_call, 1, 8000);
        await recording.Recorder.Opened;
        RecordingBox.Feed(recording.Recorder, 3);

        (await _box.Recovery(desk).RunAsync(default)).Should().BeEmpty();

        (await desk.EndAsync(recording)).Entry.DurationMs.Should().Be(3000);
    }

    [Fact]
    public async Task Only_the_platform_s_own_user_can_open_a_recording_or_its_folders()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        const UnixFileMode all = (UnixFileMode)0b111_101_101;
        Directory.CreateDirectory(_box.Options.Folder, all);
        var desk = _box.Desk();
        var recording = desk.Begin(_call, 1, 8000);
        await recording.Recorder.Opened;
        File.GetUnixFileMode(recording.Recorder.Path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        RecordingBox.Feed(recording.Recorder, 1);
        var file = _box.Folder.PathOf((await desk.EndAsync(recording)).Entry.Key);

        File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        for (
            var folder = Path.GetDirectoryName(file)!;
            folder != _box.Folder.Root;
            folder = Path.GetDirectoryName(folder)!
        )
        {
            File.GetUnixFileMode(folder).Should().Be((UnixFileMode)0b111_000_000);
        }
        File.GetUnixFileMode(_box.Folder.Root).Should().Be((UnixFileMode)0b111_101_000, "it was there, open to all");
    }

    [Fact]
    public async Task A_recording_that_ended_long_ago_tells_the_same_when_it_is_ended_again()
    {
        var desk = _box.Desk();
        var recording = desk.Begin(_call, 1, 8000);
        RecordingBox.Feed(recording.Recorder, 1);
        var first = await desk.EndAsync(recording);

        (await desk.EndAsync(recording)).Should().BeSameAs(first);
    }

    [Fact]
    public async Task A_recording_that_ends_twice_is_kept_once()
    {
        var desk = _box.Desk();
        var recording = desk.Begin(_call, 1, 8000);
        RecordingBox.Feed(recording.Recorder, 1);

        var both = await Task.WhenAll(desk.EndAsync(recording), desk.EndAsync(recording));

        both[0].Should().BeSameAs(both[1]);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    [InlineData("c00aaaaaaaaaaaaaaaaaaaa-")]
    [InlineData("c00aaaaaaaaaaaaaaaaaaaa-x")]
    [InlineData("c00aaaaaaaaaaaaaaaaaaaa-2/..")]
    public void What_is_no_recording_s_id_reaches_no_path(string id) =>
        RecordingNames.TryParse(id, out _).Should().BeFalse();

    [Fact]
    public void A_part_s_name_tells_recording_call_and_start()
    {
        var at = new DateTimeOffset(2026, 3, 5, 23, 59, 59, 123, TimeSpan.Zero);
        var part = RecordingNames.PartOf($"{_call}-12", at, RecordingFormat.OggOpus);

        RecordingNames.TryParsePart(part, out var id, out var call, out var startedAt).Should().BeTrue();

        (id, call, startedAt).Should().Be(($"{_call}-12", _call, at));
        RecordingNames.TryParsePart($"{_call}.wav.part", out _, out _, out _).Should().BeFalse();
    }

    // ---- retention ----

    [Fact]
    public async Task Recordings_are_deleted_when_they_are_too_old_and_not_before()
    {
        _box.Options.RetentionDays = 30;
        var desk = _box.Desk();
        var old = await RecordingBox.RecordAsync(desk, CallId.New());
        _box.Time.Advance(TimeSpan.FromDays(20));
        var young = await RecordingBox.RecordAsync(desk, CallId.New());
        (await _box.Retention().SweepAsync(default)).Should().Be(0);
        _box.Time.Advance(TimeSpan.FromDays(11));

        (await _box.Retention().SweepAsync(default)).Should().Be(1);

        File.Exists(_box.Folder.PathOf(old.Key)).Should().BeFalse();
        File.Exists(_box.Folder.PathOf(young.Key)).Should().BeTrue();
        (await _box.Catalog.ListAsync(10, null, default)).Should().ContainSingle().Which.Id.Should().Be(young.Id);
    }

    [Fact]
    public async Task When_there_is_too_much_the_oldest_go()
    {
        _box.Options.MaxTotalMegabytes = 1;
        var desk = _box.Desk();
        List<RecordingEntry> entries = [];
        for (var i = 0; i < 4; i++)
        {
            // 25 s of µ-law are 400 kB.
            entries.Add(await RecordingBox.RecordAsync(desk, CallId.New(), seconds: 1));
            await _box.Catalog.PutAsync(entries[^1] with { Bytes = 400_000 }, default, default);
            _box.Time.Advance(TimeSpan.FromMinutes(1));
        }

        (await _box.Retention().SweepAsync(default)).Should().Be(2);

        (await _box.Catalog.ListAsync(10, null, default))
            .Select(e => e.Id)
            .Should()
            .Equal(entries[3].Id, entries[2].Id);
    }

    public void Dispose() => _box.Dispose();
}
