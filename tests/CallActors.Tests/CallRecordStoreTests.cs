using OCPlatform.CallActors.Records;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Persistence;

namespace OCPlatform.CallActors.Tests;

public sealed class CallRecordStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-records-");

    [Fact]
    public async Task Questions_asked_before_the_first_call_are_answered_with_none()
    {
        var store = new CallRecordStore(
            new Database(new DatabaseOptions { Path = Path.Combine(_folder.FullName, "records.db") })
        );

        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => store.GetAsync(CallId.New(), default)));

        found.Should().OnlyContain(record => record == null);
        (await store.ListAsync(10, liveOnly: true, default)).Should().BeEmpty();
        (await store.ReadOffsetAsync(default)).Should().Be(0);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
