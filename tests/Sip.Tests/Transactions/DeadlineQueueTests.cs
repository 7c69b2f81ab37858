using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Tests.Transactions;

public class DeadlineQueueTests
{
    private sealed class Item : IDeadlined
    {
        public int QueueIndex { get; set; } = -1;
        public TimeSpan QueuedAt { get; set; }
    }

    [Fact]
    public void It_agrees_with_a_sorted_list_under_random_changes()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var queue = new DeadlineQueue<Item>();
            var items = Enumerable.Range(0, 30).Select(_ => new Item()).ToArray();
            var model = new Dictionary<Item, TimeSpan>();
            for (var step = 0; step < 300; step++)
            {
                var item = items[random.Next(items.Length)];
                switch (random.Next(4))
                {
                    case 0:
                        queue.Remove(item);
                        model.Remove(item);
                        break;
                    case 1:
                        var now = TimeSpan.FromMilliseconds(random.Next(100));
                        if (queue.TakeDue(now) is { } due)
                        {
                            model[due].Should().Be(model.Values.Min());
                            model.Remove(due);
                        }
                        break;
                    default:
                        var at = TimeSpan.FromMilliseconds(random.Next(100));
                        queue.Set(item, at);
                        model[item] = at;
                        break;
                }
                queue.Count.Should().Be(model.Count);
                queue.Next.Should().Be(model.Count == 0 ? TimeSpan.MaxValue : model.Values.Min());
            }
        }
    }
}
