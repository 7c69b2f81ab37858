using System.Collections.Concurrent;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>
/// Our tags of the subscriptions held here: what the door lets a SUBSCRIBE in a dialog in by. Written by the notifier, read
/// on the endpoint's loop.
/// </summary>
internal sealed class SubscriptionTags
{
    private readonly ConcurrentDictionary<string, byte> _tags = new();

    public bool Contains(string tag) => _tags.ContainsKey(tag);

    public void Add(string tag) => _tags[tag] = 0;

    public void Remove(string tag) => _tags.TryRemove(tag, out _);
}
