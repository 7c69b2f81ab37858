using System.Security.Cryptography;
using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;
using OCPlatform.Media.Engine;
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
        var second = await _box.Catalog.ListAsync(2, first[^1][0], default);
        var third = await _box.Catalog.ListAsync(2, second[^1][0], default);

        first
            .Concat(second)
            .Concat(third)
            .Select(parts => parts[0].Id[_call.Value.Length..])
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
        new RecordingFolder(_box.Options.Folder, "another").Place.Should().Be(_box.Folder.Place).And.HaveLength(16);

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
            RecordingNames.FileOf($"{_call}-3", _box.Time.GetUtcNow(), 0, default)
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
    [InlineData("c00aaaaaaaaaaaaaaaaaaaa-1p")]
    [InlineData("c00aaaaaaaaaaaaaaaaaaaa-1p2p3")]
    [InlineData("c00aaaaaaaaaaaaaaaaaaaa-1p/..")]
    [InlineData("c00aaaaaaaaaaaaaaaaaaaa-2/..")]
    public void What_is_no_recording_s_id_reaches_no_path(string id) =>
        RecordingNames.TryParse(id, out _, out _, out _).Should().BeFalse();

    [Theory]
    [InlineData(1, 1, "")]
    [InlineData(12, 1, "-12")]
    [InlineData(1, 2, "-1p2")]
    [InlineData(3, 14, "-3p14")]
    public void A_part_s_name_tells_recording_part_call_start_and_offset(int number, int part, string ending)
    {
        var at = new DateTimeOffset(2026, 3, 5, 23, 59, 59, 123, TimeSpan.Zero);
        var name = RecordingNames.PartIdOf(_call, number, part);
        name.Should().Be(_call + ending);

        var file = RecordingNames.FileOf(name, at, 61_250, RecordingFormat.OggOpus);

        RecordingNames.TryParseFile(file, out var id, out var startedAt, out var offsetMs).Should().BeTrue();
        (id, startedAt, offsetMs).Should().Be((name, at, 61_250));
        RecordingNames.TryParse(id, out var call, out var parsedNumber, out var parsedPart).Should().BeTrue();
        (call, parsedNumber, parsedPart).Should().Be((_call, number, part));
    }

    [Fact]
    public void A_file_of_a_version_without_offsets_is_still_found()
    {
        RecordingNames
            .TryParseFile($"{_call}.1772755199123.wav.part", out var id, out _, out var offsetMs)
            .Should()
            .BeTrue();
        (id, offsetMs).Should().Be((_call.Value, 0));
        RecordingNames.TryParseFile($"{_call}.wav.part", out _, out _, out _).Should().BeFalse();
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
        (await _box.Catalog.ListAsync(10, null, default)).Should().ContainSingle().Which[0].Id.Should().Be(young.Id);
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
            await _box.Catalog.PutAsync([entries[^1] with { Bytes = 400_000 }], default, default);
            _box.Time.Advance(TimeSpan.FromMinutes(1));
        }

        (await _box.Retention().SweepAsync(default)).Should().Be(2);

        (await _box.Catalog.ListAsync(10, null, default))
            .Select(parts => parts[0].Id)
            .Should()
            .Equal(entries[3].Id, entries[2].Id);
    }

    // ---- the table ----

    [Fact]
    public async Task Nodes_that_start_together_make_the_table_once()
    {
        var catalogs = Enumerable.Range(0, 8).Select(_ => new RecordingCatalog(_box.Database));

        var listed = await Task.WhenAll(catalogs.Select(catalog => catalog.ListAsync(1, null, default)));

        listed.Should().OnlyContain(list => list.Count == 0);
    }

    [Fact]
    public async Task A_table_without_parts_is_carried_on()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(), _call);
        await using (var connection = await _box.Database.OpenAsync(default))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = """
                DROP INDEX recordings_by_recording;
                ALTER TABLE recordings DROP COLUMN recording;
                ALTER TABLE recordings DROP COLUMN part;
                ALTER TABLE recordings DROP COLUMN offset_ms;
                ALTER TABLE recordings DROP COLUMN uploader;
                ALTER TABLE recordings DROP COLUMN deleted_at;
                """;
            await command.ExecuteNonQueryAsync();
        }

        (await new RecordingCatalog(_box.Database).GetAsync(entry.Id, default)).Should().Be(entry);
    }

    // ---- nodes that share a folder ----

    [Fact]
    public async Task What_a_living_node_writes_is_left_to_it_and_what_a_dead_one_left_is_taken_after_a_while()
    {
        var left = Path.Combine(_box.Options.Folder, "active", "node-2");
        Directory.CreateDirectory(left);
        var part = Path.Combine(left, RecordingNames.FileOf($"{_call}-1p2", _box.Time.GetUtcNow(), 4_000, default));
        File.Move(await LeftBehindAsync(), part);
        var recovery = _box.Recovery(_box.Desk());
        var folder = new RecordingFolder(_box.Options.Folder, "node-2");

        for (var beat = 0; beat < 20; beat++)
        {
            folder.ShowAlive($"{beat}");
            (await recovery.WatchAsync(default)).Should().BeEmpty();
            _box.Time.Advance(RecordingRecovery.BeatInterval);
        }
        _box.Time.Advance(TimeSpan.FromMinutes(6));
        var kept = await recovery.WatchAsync(default);

        var note = kept.Should().ContainSingle().Subject;
        (note.CallId, note.RecordingId, note.Part).Should().Be((_call, _call.Value, 2));
        (await _box.Catalog.GetAsync($"{_call}-1p2", default))!.OffsetMs.Should().Be(4_000);
        File.Exists(part).Should().BeFalse();
    }

    [Fact]
    public async Task Of_two_nodes_that_find_the_same_left_over_one_takes_it()
    {
        var left = Path.Combine(_box.Options.Folder, "active", "node-9");
        Directory.CreateDirectory(left);
        var name = RecordingNames.FileOf(_call.Value, _box.Time.GetUtcNow(), 0, default);
        File.Move(await LeftBehindAsync(), Path.Combine(left, name));

        var adopted = new[] { "node-1", "node-2" }.Select(node =>
            new RecordingFolder(_box.Options.Folder, node).Adopt(left)
        );

        adopted.Sum().Should().Be(1);
    }

    [Fact]
    public async Task Nodes_that_share_a_folder_do_not_both_make_room_in_it()
    {
        _box.Options.RetentionDays = 1;
        await RecordingBox.RecordAsync(_box.Desk(), _call);
        _box.Time.Advance(TimeSpan.FromDays(2));
        var now = _box.Time.GetUtcNow();
        var errand = $"retention/{_box.Folder.Place}";
        await _box.Catalog.TryTakeErrandAsync(errand, "node-2", now, now.AddMinutes(30), default);

        (await _box.Retention().SweepAsync(default)).Should().Be(0, "node-2 is at it");
        _box.Time.Advance(TimeSpan.FromMinutes(31));
        (await _box.Retention().SweepAsync(default)).Should().Be(1, "node-2 went away");
        (await _box.Retention(node: "node-2").SweepAsync(default)).Should().Be(0);
    }

    // ---- parts ----

    [Fact]
    public async Task A_recording_that_moved_among_nodes_plays_as_one_file_with_silence_between()
    {
        await RecordAsync(_box.Desk(), part: 1, offsetMs: 500, level: 1000, seconds: 2);
        await RecordAsync(_box.DeskOf("node-2"), part: 2, offsetMs: 3_500, level: 2000, seconds: 1);
        var parts = await _box.Catalog.PartsAsync(_call.Value, default);

        var playable = await new RecordingPlayback(_box.Files).OpenAsync(parts, default);

        var bytes = new byte[playable.Audio.Length];
        await playable.Audio.ReadExactlyAsync(bytes);
        bytes.Length.Should().Be(58 + 4 * 16_000, "from 0.5 s to 4.5 s after the answer");
        BitConverter.ToInt32(bytes, 54).Should().Be(4 * 16_000);
        bytes[58..32_058].Should().OnlyContain(code => code == bytes[58]).And.NotContain((byte)0xFF);
        bytes[32_058..48_058].Should().OnlyContain(code => code == 0xFF);
        bytes[48_058..].Should().OnlyContain(code => code == bytes[48_058]).And.NotContain(bytes[58]);
        playable.Audio.Position = 40_000;
        var range = new byte[20_000];
        await playable.Audio.ReadExactlyAsync(range);
        range.Should().Equal(bytes[40_000..60_000]);
        await playable.Audio.DisposeAsync();
        (await _box.Catalog.ListAsync(10, null, default)).Should().ContainSingle().Which.Should().HaveCount(2);
    }

    [Fact]
    public async Task Deleting_a_recording_deletes_all_its_parts_and_those_that_come_later()
    {
        await RecordAsync(_box.Desk(), part: 1, offsetMs: 0, level: 1000, seconds: 1);
        await RecordAsync(_box.DeskOf("node-2"), part: 2, offsetMs: 2_000, level: 1000, seconds: 1);
        var parts = await _box.Catalog.PartsAsync(_call.Value, default);

        (await _box.Deletion().DeleteAsync(_call.Value, "test", default)).Should().BeTrue();

        parts.Should().OnlyContain(part => !File.Exists(_box.Folder.PathOf(part.Key)));
        (await _box.Deletion().DeleteAsync(_call.Value, "test", default)).Should().BeFalse();
        var late = () => RecordAsync(_box.DeskOf("node-3"), part: 3, offsetMs: 4_000, level: 1000, seconds: 1);
        await late.Should().ThrowAsync<RecordingException>().WithMessage("*deleted*");
        (await _box.Catalog.PartsAsync(_call.Value, default)).Should().BeEmpty();
        Directory.EnumerateFiles(_box.Folder.Root, "*.wav*", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task Parts_in_different_formats_are_given_one_by_one()
    {
        await RecordAsync(_box.Desk(), part: 1, offsetMs: 0, level: 1000, seconds: 1);
        _box.Options.Format = RecordingFormat.WavPcm;
        await RecordAsync(_box.DeskOf("node-2"), part: 2, offsetMs: 1_000, level: 1000, seconds: 1);
        var parts = await _box.Catalog.PartsAsync(_call.Value, default);
        var playback = new RecordingPlayback(_box.Files);

        await playback.Awaiting(p => p.OpenAsync(parts, default)).Should().ThrowAsync<RecordingException>();

        await using var second = (await playback.OpenAsync([parts[1]], default)).Audio;
        second.Length.Should().Be(parts[1].Bytes);
    }

    [Fact]
    public async Task Recordings_that_end_together_are_all_kept()
    {
        var desk = _box.Desk();
        var recordings = Enumerable.Range(1, 100).Select(number => desk.Begin(_call, number, 8000)).ToList();
        recordings.ForEach(recording => RecordingBox.Feed(recording.Recorder, 1));

        var kept = await Task.WhenAll(recordings.Select(desk.EndAsync));

        kept.Should().OnlyContain(k => File.Exists(_box.Folder.PathOf(k.Entry.Key)) && k.Entry.DurationMs == 1000);
        (await _box.Catalog.ListAsync(1000, null, default)).Should().HaveCount(100);
    }

    private async Task RecordAsync(RecordingDesk desk, int part, long offsetMs, short level, int seconds)
    {
        var recording = desk.Begin(_call, 1, 8000, offsetMs, part);
        var frame = new short[160];
        Array.Fill(frame, level);
        for (var tick = 0; tick < seconds * 50; tick++)
        {
            recording.Recorder.OnFrames(frame, frame, new MediaFrameInfo { MediaTime = tick * 160 });
        }
        await desk.EndAsync(recording);
    }

    /// <summary>A file as a writer leaves it that was killed.</summary>
    private async Task<string> LeftBehindAsync()
    {
        var recording = _box.DeskOf("elsewhere").Begin(_call, 7, 8000);
        RecordingBox.Feed(recording.Recorder, 2);
        recording.Recorder.Stop();
        return (await recording.Recorder.Finished).Path;
    }

    public void Dispose() => _box.Dispose();
}
