namespace OCPlatform.Sip.Location;

/// <summary>The order in which servers are tried (RFC 2782): by priority, and within one at random by weight.</summary>
internal static class SrvOrder
{
    public static IReadOnlyList<SrvRecord> Of(IEnumerable<SrvRecord> records, Random random)
    {
        var ordered = new List<SrvRecord>();
        foreach (var priority in records.GroupBy(record => record.Priority).OrderBy(group => group.Key))
        {
            // Those of weight 0 stand first, so that they are chosen only when the number drawn is 0.
            var left = priority.OrderBy(record => record.Weight == 0 ? 0 : 1).ToList();
            while (left.Count > 0)
            {
                var drawn = random.Next(left.Sum(record => record.Weight) + 1);
                var sum = 0;
                var chosen = left.FindIndex(record => (sum += record.Weight) >= drawn);
                ordered.Add(left[chosen]);
                left.RemoveAt(chosen);
            }
        }
        return ordered;
    }
}
