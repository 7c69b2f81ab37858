using Microsoft.Extensions.Time.Testing;
using OCPlatform.Gateways.Sip.Listeners;

namespace OCPlatform.Gateways.Tests.Sip.Listeners;

public class DnsCacheTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Of_many_who_ask_at_once_one_does()
    {
        var cache = new DnsCache(TimeSpan.FromHours(1), _time);
        var asked = 0;
        var answer = new TaskCompletionSource<DnsAnswer<int>>();
        Task<DnsAnswer<int>> Ask()
        {
            Interlocked.Increment(ref asked);
            return answer.Task;
        }
        var waiting = Enumerable.Range(0, 20).Select(_ => cache.GetAsync("k", Ask, default)).ToList();
        using var impatient = new CancellationTokenSource();
        var leaves = cache.GetAsync("k", Ask, impatient.Token);
        await impatient.CancelAsync();
        await leaves.Invoking(l => l).Should().ThrowAsync<OperationCanceledException>();
        answer.SetResult(new([7], TimeSpan.FromSeconds(60)));
        (await Task.WhenAll(waiting)).Should().AllSatisfy(list => list.Should().Equal(7));
        asked.Should().Be(1);
    }

    [Theory]
    [InlineData(0, 4, true)]
    [InlineData(0, 6, false)]
    [InlineData(100_000, 3_599, true)]
    [InlineData(100_000, 3_601, false)]
    public async Task The_time_to_live_has_bounds(int ttlSeconds, int laterSeconds, bool isKept)
    {
        var cache = new DnsCache(TimeSpan.FromHours(1), _time);
        var asked = 0;
        Task<DnsAnswer<int>> Ask() => Task.FromResult(new DnsAnswer<int>([++asked], TimeSpan.FromSeconds(ttlSeconds)));
        await cache.GetAsync("k", Ask, default);
        _time.Advance(TimeSpan.FromSeconds(laterSeconds));
        (await cache.GetAsync("k", Ask, default)).Should().Equal(isKept ? 1 : 2);
    }

    [Fact]
    public async Task A_flood_of_names_does_not_make_it_grow()
    {
        var cache = new DnsCache(TimeSpan.FromHours(1), _time, maxEntries: 100);
        for (var i = 0; i < 1_000; i++)
        {
            await cache.GetAsync(
                $"name{i}",
                () => Task.FromResult(new DnsAnswer<int>([1], TimeSpan.MaxValue)),
                default
            );
            cache.Count.Should().BeLessThanOrEqualTo(100);
        }
    }
}
