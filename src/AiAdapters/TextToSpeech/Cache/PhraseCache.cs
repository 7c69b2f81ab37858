using System.Threading.Channels;

namespace OCPlatform.AiAdapters.TextToSpeech.Cache;

/// <summary>
/// Synthesised phrases: least-recently-used in memory up to a number of bytes, and one file each on disk, written in the
/// background. Damaged files count as absent and are deleted. When more phrases wait to be written than fit the queue, the
/// newest are not written: they are only synthesised again some day. Thread-safe.
/// </summary>
public sealed class PhraseCache : IAsyncDisposable
{
    private const int WriteQueue = 256;

    private readonly string _directory;
    private readonly long _memoryLimit;
    private readonly long _diskLimit;
    private readonly Lock _lock = new();
    private readonly Dictionary<PhraseKey, LinkedListNode<(PhraseKey Key, short[] Samples)>> _byKey = [];
    private readonly LinkedList<(PhraseKey Key, short[] Samples)> _byUse = new();
    private readonly Channel<(PhraseKey Key, short[] Samples)> _writes;
    private readonly Task _writer;
    private long _memoryBytes;
    private long _diskBytes;

    /// <param name="directory">Where the files are; made when needed.</param>
    /// <param name="memoryLimit">Bytes.</param>
    /// <param name="diskLimit">Bytes; 0 keeps nothing on disk.</param>
    public PhraseCache(string directory, long memoryLimit, long diskLimit)
    {
        _directory = directory;
        _memoryLimit = memoryLimit;
        _diskLimit = diskLimit;
        _writes = Channel.CreateBounded<(PhraseKey, short[])>(
            new BoundedChannelOptions(WriteQueue) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }
        );
        _writer = Task.Run(WriteAllAsync);
    }

    /// <summary>Bytes of samples in memory.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_lock)
                return _memoryBytes;
        }
    }

    /// <returns>The samples, not to be changed; null when the phrase is not known.</returns>
    public short[]? TryGet(PhraseKey key)
    {
        lock (_lock)
        {
            if (_byKey.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                return node.Value.Samples;
            }
        }

        if (_diskLimit == 0 || ReadFile(PathOf(key)) is not { } samples)
            return null;
        Remember(key, samples);
        return samples;
    }

    /// <summary>Keeps a phrase; the samples must not change any more.</summary>
    public void Put(PhraseKey key, short[] samples)
    {
        Remember(key, samples);
        if (_diskLimit > 0)
            _writes.Writer.TryWrite((key, samples));
    }

    /// <summary>Writes what still waits to be written.</summary>
    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _writer.ConfigureAwait(false);
    }

    private void Remember(PhraseKey key, short[] samples)
    {
        var bytes = samples.Length * 2L;
        if (bytes > _memoryLimit)
            return;
        lock (_lock)
        {
            if (_byKey.ContainsKey(key))
                return;
            _byKey.Add(key, _byUse.AddFirst((key, samples)));
            _memoryBytes += bytes;
            while (_memoryBytes > _memoryLimit)
            {
                var oldest = _byUse.Last!;
                _byUse.RemoveLast();
                _byKey.Remove(oldest.Value.Key);
                _memoryBytes -= oldest.Value.Samples.Length * 2L;
            }
        }
    }

    private static short[]? ReadFile(string path)
    {
        try
        {
            if (!File.Exists(path))
                return null;
            var samples = PhraseFile.Parse(File.ReadAllBytes(path));
            if (samples is null)
                File.Delete(path);
            else
                File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
            return samples;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private async Task WriteAllAsync()
    {
        if (_diskLimit > 0)
            _diskBytes = Tidy(_diskLimit);
        await foreach (var (key, samples) in _writes.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            try
            {
                PhraseFile.Write(PathOf(key), samples);
                _diskBytes += samples.Length * 2L;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A full or read-only disk costs the cache's memory across restarts, nothing else.
                continue;
            }

            // A tenth below the limit, so that not every further phrase has to look through the directory.
            if (_diskBytes > _diskLimit)
                _diskBytes = Tidy(_diskLimit - _diskLimit / 10);
        }
    }

    /// <summary>Deletes what a crash left half-written, and the files that were used longest ago beyond the limit.</summary>
    /// <returns>Bytes that stay.</returns>
    private long Tidy(long limit)
    {
        var total = 0L;
        try
        {
            if (!Directory.Exists(_directory))
                return 0;
            var files = new DirectoryInfo(_directory).GetFiles("*", SearchOption.AllDirectories);
            foreach (var file in files.OrderByDescending(f => f.LastWriteTimeUtc))
            {
                var keep = file.Extension == ".pcm" && total + file.Length <= limit;
                if (keep)
                    total += file.Length;
                else
                    file.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process tidies the same directory; the next round finds what is left.
        }

        return total;
    }

    private string PathOf(PhraseKey key)
    {
        var hash = key.Hash();
        return Path.Combine(_directory, hash[..2], hash + ".pcm");
    }
}
