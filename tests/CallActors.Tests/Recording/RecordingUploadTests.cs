using OCPlatform.CallActors.Recording;
using OCPlatform.Contracts.Calls;

namespace OCPlatform.CallActors.Tests.Recording;

public sealed class RecordingUploadTests : IDisposable
{
    private readonly RecordingBox _box = new();
    private readonly S3Peer _peer = new();
    private readonly CallId _call = CallId.New();
    private readonly S3RecordingStore _store;

    public RecordingUploadTests() => _store = _box.S3(_peer.Endpoint);

    private async Task<RecordingEntry> NowAsync(RecordingEntry entry) =>
        (await _box.Catalog.GetAsync(entry.Id, default))!;

    private bool IsLocal(RecordingEntry entry) => File.Exists(_box.Folder.PathOf(entry.Key));

    [Fact]
    public async Task A_recording_is_uploaded_with_its_checksum_and_then_goes_from_the_folder()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        (entry.State, IsLocal(entry)).Should().Be((RecordingState.Waiting, true));
        var bytes = await File.ReadAllBytesAsync(_box.Folder.PathOf(entry.Key));

        (await _box.Uploads(_store).RunDueAsync(default)).Should().Be(1);

        _peer.Objects[$"/calls/rec/{entry.Key}"].Should().Equal(bytes);
        _peer.LastPut["x-amz-checksum-sha256"].Should().Be(Convert.ToBase64String(Convert.FromHexString(entry.Sha256)));
        _peer.LastPut["Content-Type"].Should().Be("audio/wav");
        _peer.LastPut["Authorization"].Should().StartWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/");
        entry.Uri.Should().Be($"s3://calls/rec/{entry.Key}");
        ((await NowAsync(entry)).State, IsLocal(entry)).Should().Be((RecordingState.Uploaded, false));
        (await _box.Uploads(_store).RunDueAsync(default)).Should().Be(0);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("503")]
    [InlineData("other bytes")]
    [InlineData("lost")]
    public async Task What_the_bucket_did_not_confirm_stays_and_is_tried_again(string fault)
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        var uploads = _box.Uploads(_store);
        _peer.Faults.Enqueue(fault);

        await uploads.RunDueAsync(default);

        ((await NowAsync(entry)).State, IsLocal(entry)).Should().Be((RecordingState.Waiting, true));
        (await uploads.RunDueAsync(default)).Should().Be(0, "there is a pause first");
        _box.Time.Advance(TimeSpan.FromSeconds(2));
        (await uploads.RunDueAsync(default)).Should().Be(1);
        (await NowAsync(entry)).State.Should().Be(RecordingState.Uploaded);
    }

    [Fact]
    public async Task A_file_that_changed_on_the_disk_is_refused_by_its_checksum()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        var file = _box.Folder.PathOf(entry.Key);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);

        await _box.Uploads(_store).RunDueAsync(default);

        (await NowAsync(entry)).State.Should().Be(RecordingState.Waiting);
        _peer.Objects.Should().BeEmpty();
        IsLocal(entry).Should().BeTrue();
    }

    [Fact]
    public async Task A_bucket_that_gives_no_answer_holds_nothing_up_for_longer_than_an_attempt()
    {
        _box.Options.S3.AttemptSeconds = 1;
        using var store = new S3RecordingStore(_box.Options.S3, _box.Folder);
        var entry = await RecordingBox.RecordAsync(_box.Desk(store), _call);
        for (var request = 0; request < 8; request++)
        {
            _peer.Faults.Enqueue("hang");
        }

        await _box.Uploads(store).RunDueAsync(default).WaitAsync(TimeSpan.FromSeconds(20));

        ((await NowAsync(entry)).State, IsLocal(entry)).Should().Be((RecordingState.Waiting, true));
    }

    [Fact]
    public async Task After_the_deadline_it_is_given_up_until_the_next_start()
    {
        _box.Options.S3.GiveUpHours = 1;
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        _peer.Faults.Enqueue("500");
        _peer.Faults.Enqueue("500");
        var uploads = _box.Uploads(_store);
        await uploads.RunDueAsync(default);
        _box.Time.Advance(TimeSpan.FromMinutes(59.99));
        await uploads.RunDueAsync(default);

        ((await NowAsync(entry)).State, IsLocal(entry)).Should().Be((RecordingState.GaveUp, true));
        (await uploads.RunDueAsync(default)).Should().Be(0);

        var restarted = _box.Uploads(_store);
        await restarted.ReviveAsync(default);
        (await restarted.RunDueAsync(default)).Should().Be(1);
        (await NowAsync(entry)).State.Should().Be(RecordingState.Uploaded);
    }

    [Fact]
    public async Task A_range_asked_of_the_recording_is_a_range_asked_of_the_bucket()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        var bytes = await File.ReadAllBytesAsync(_box.Folder.PathOf(entry.Key));
        await _box.Uploads(_store).RunDueAsync(default);

        await using var audio = (await _store.OpenAsync(await NowAsync(entry), default))!;
        audio.Seek(1000, SeekOrigin.Begin);
        var part = new byte[500];
        await audio.ReadExactlyAsync(part);

        part.Should().Equal(bytes[1000..1500]);
        _peer.Log.Should().Contain($"GET /calls/rec/{entry.Key} bytes=1000-{bytes.Length - 1}");
        audio.Seek(0, SeekOrigin.Begin);
        var all = new MemoryStream();
        await audio.CopyToAsync(all);
        all.ToArray().Should().Equal(bytes);
    }

    [Fact]
    public async Task Deleting_an_uploaded_recording_deletes_the_object()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        await _box.Uploads(_store).RunDueAsync(default);
        entry = await NowAsync(entry);
        _peer.Faults.Enqueue("500");

        await _store.Invoking(s => s.DeleteAsync(entry, default)).Should().ThrowAsync<IOException>();
        _peer.Objects.Should().ContainSingle();
        await _store.DeleteAsync(entry, default);

        _peer.Objects.Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_deleted_while_it_is_uploaded_does_not_stay_in_the_bucket()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        _peer.BeforePut = () => _box.Deletion(_store).DeleteAsync(entry.Recording, "test", default);

        await _box.Uploads(_store).RunDueAsync(default);

        _peer.Log.Should().Contain(line => line.StartsWith("PUT"));
        _peer.Objects.Should().BeEmpty();
        IsLocal(entry).Should().BeFalse();
        (await _box.Catalog.MarkedAsync(_box.Folder.Place, _box.Time.GetUtcNow(), 10, default)).Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_deleted_while_its_node_is_killed_in_the_upload_goes_from_the_bucket_later()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        var now = _box.Time.GetUtcNow();
        await _box.Catalog.ClaimDueAsync(_box.Folder.Place, "node-2", now, now.AddMinutes(6), 4, default);
        await _box.Deletion(_store).DeleteAsync(entry.Recording, "test", default);
        await _store.Invoking(s => s.UploadAsync(entry, default)).Should().ThrowAsync<Exception>("its file is gone");
        await File.WriteAllBytesAsync(_box.Folder.PathOf(entry.Key), []);

        await _box.Deletion(_store).GoOnAsync(default);
        IsLocal(entry).Should().BeTrue("the upload may still be under way");
        _box.Time.Advance(TimeSpan.FromMinutes(7));
        await _box.Deletion(_store).GoOnAsync(default);

        IsLocal(entry).Should().BeFalse();
        _peer.Log.Should().Contain(line => line.StartsWith("DELETE"));
        (await _box.Catalog.MarkedAsync(_box.Folder.Place, _box.Time.GetUtcNow(), 10, default)).Should().BeEmpty();
    }

    [Fact]
    public async Task Nodes_that_share_a_folder_do_not_upload_the_same_file()
    {
        var entry = await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        var atOnce = 0;
        _peer.BeforePut = async () => atOnce += await _box.Uploads(_store, "node-2").RunDueAsync(default);
        var restarted = _box.Uploads(_store, "node-2");

        await _box.Uploads(_store).RunDueAsync(default);
        await restarted.ReviveAsync(default);

        (atOnce, _peer.Log.Count(line => line.StartsWith("PUT"))).Should().Be((0, 1));
        (await NowAsync(entry)).State.Should().Be(RecordingState.Uploaded);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task Expired_objects_are_deleted_from_the_bucket_only_when_that_is_configured(
        bool configured,
        int left
    )
    {
        _box.Options.RetentionDays = 10;
        _box.Options.S3.DeleteExpired = configured;
        await RecordingBox.RecordAsync(_box.Desk(_store), _call);
        await _box.Uploads(_store).RunDueAsync(default);
        _box.Time.Advance(TimeSpan.FromDays(11));

        await _box.Retention(_store).SweepAsync(default);

        _peer.Objects.Should().HaveCount(left);
        (await _box.Catalog.ListAsync(10, null, default)).Should().HaveCount(left);
    }

    [Fact]
    public void Pauses_grow_and_end_at_ten_minutes() =>
        new[] { 1, 2, 3, 9, 10, 11, 1000 }
            .Select(attempts => RecordingUploads.PauseAfter(attempts).TotalSeconds)
            .Should()
            .Equal(2, 4, 8, 512, 600, 600, 600);

    public void Dispose()
    {
        _box.Dispose();
        _peer.Dispose();
    }
}
