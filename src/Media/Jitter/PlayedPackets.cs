using System.Runtime.CompilerServices;

namespace OCPlatform.Media.Jitter;

/// <summary>When the last few decoded packets arrived, to tell of each frame which packet it comes from.</summary>
internal struct PlayedPackets
{
    private Entries _entries;
    private int _last;

    public void Add(long position, long arrivalNs, int latenessMicros)
    {
        _last = (_last + 1) % Entries.Count;
        _entries[_last] = new PlayedPacket(position, arrivalNs, latenessMicros);
    }

    /// <summary>The packet with this position, or the first one after it.</summary>
    public readonly PlayedPacket At(long position)
    {
        var index = _last;
        for (var i = 1; i < Entries.Count && _entries[index].Position > position; i++)
        {
            var earlier = (_last + Entries.Count - i) % Entries.Count;
            if (_entries[earlier].ArrivalNs == 0)
                break;
            index = earlier;
        }

        return _entries[index];
    }

    [InlineArray(Count)]
    private struct Entries
    {
        public const int Count = 4;
        private PlayedPacket _first;
    }
}

/// <param name="Position">Of its first sample that was played.</param>
/// <param name="ArrivalNs">On the caller's clock.</param>
/// <param name="LatenessMicros">Against the fastest packet.</param>
internal readonly record struct PlayedPacket(long Position, long ArrivalNs, int LatenessMicros);
