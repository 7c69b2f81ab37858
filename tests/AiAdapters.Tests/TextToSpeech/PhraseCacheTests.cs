using OCPlatform.AiAdapters.TextToSpeech.Cache;

namespace OCPlatform.AiAdapters.Tests.TextToSpeech;

public sealed class PhraseCacheTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"ocp-cache-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_phrase_outlives_the_process()
    {
        await using (var cache = Open())
            cache.Put(Key("hello"), Samples(1000));
        await using var later = Open();
        later.TryGet(Key("hello")).Should().Equal(Samples(1000));
    }

    [Fact]
    public async Task Everything_the_sound_depends_on_is_part_of_the_key()
    {
        await using (var cache = Open())
            cache.Put(Key("hello"), Samples(10));
        await using var later = Open();
        later.TryGet(Key("hello") with { Voice = "other" }).Should().BeNull();
        later.TryGet(Key("hello") with { Engine = "other" }).Should().BeNull();
        later.TryGet(Key("hello") with { Speed = 1.1 }).Should().BeNull();
        later.TryGet(Key("hello") with { SampleRateHz = 16_000 }).Should().BeNull();
        later.TryGet(Key("hello!")).Should().BeNull();
    }

    [Fact]
    public async Task A_file_cut_at_any_byte_counts_as_absent_and_goes()
    {
        await using (var cache = Open())
            cache.Put(Key("hello"), Samples(40));
        var path = Directory.GetFiles(_directory, "*.pcm", SearchOption.AllDirectories).Single();
        var whole = await File.ReadAllBytesAsync(path);
        for (var length = 0; length < whole.Length; length++)
        {
            await File.WriteAllBytesAsync(path, whole[..length]);
            await using var cache = Open();
            cache.TryGet(Key("hello")).Should().BeNull($"the file has {length} of {whole.Length} bytes");
            File.Exists(path).Should().BeFalse();
        }
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_counts_as_absent()
    {
        await using (var cache = Open())
            cache.Put(Key("hello"), Samples(40));
        var path = Directory.GetFiles(_directory, "*.pcm", SearchOption.AllDirectories).Single();
        var whole = await File.ReadAllBytesAsync(path);
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x10;
            await File.WriteAllBytesAsync(path, damaged);
            await using var cache = Open();
            cache.TryGet(Key("hello")).Should().BeNull($"byte {at} is damaged");
        }
    }

    [Fact]
    public async Task What_a_crash_left_half_written_is_tidied_away()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_directory, "ab")).FullName;
        var leftover = Path.Combine(folder, "abcd.pcm.0123.partial");
        await File.WriteAllTextAsync(leftover, "half");
        await using (Open()) { }
        File.Exists(leftover).Should().BeFalse();
    }

    [Fact]
    public async Task Memory_is_bounded_in_bytes_and_the_least_used_phrase_goes_first()
    {
        await using var cache = new PhraseCache(_directory, memoryLimit: 6000, diskLimit: 0);
        cache.Put(Key("a"), Samples(1000));
        cache.Put(Key("b"), Samples(1000));
        cache.Put(Key("c"), Samples(1000));
        cache.TryGet(Key("a")).Should().NotBeNull();
        cache.Put(Key("d"), Samples(1000));
        cache.MemoryBytes.Should().Be(6000);
        cache.TryGet(Key("b")).Should().BeNull();
        cache.TryGet(Key("a")).Should().NotBeNull();
    }

    [Fact]
    public async Task A_phrase_larger_than_the_memory_is_still_on_disk()
    {
        await using (var cache = new PhraseCache(_directory, memoryLimit: 100, diskLimit: 1_000_000))
            cache.Put(Key("long"), Samples(1000));
        await using var later = new PhraseCache(_directory, memoryLimit: 100, diskLimit: 1_000_000);
        later.TryGet(Key("long")).Should().Equal(Samples(1000));
        later.MemoryBytes.Should().Be(0);
    }

    [Fact]
    public async Task The_disk_is_bounded()
    {
        await using (var cache = new PhraseCache(_directory, memoryLimit: 1, diskLimit: 10_000))
        {
            for (var i = 0; i < 50; i++)
                cache.Put(Key($"phrase {i}"), Samples(500));
        }

        var bytes = Directory.GetFiles(_directory, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
        bytes.Should().BeInRange(1, 10_000);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_costs_only_the_disk()
    {
        await File.WriteAllTextAsync(_directory, "a file stands in the way");
        try
        {
            await using var cache = Open();
            cache.Put(Key("hello"), Samples(10));
            cache.TryGet(Key("hello")).Should().NotBeNull();
        }
        finally
        {
            File.Delete(_directory);
        }
    }

    private PhraseCache Open() => new(_directory, memoryLimit: 1_000_000, diskLimit: 1_000_000);

    private static PhraseKey Key(string text) => new("kokoro-1", "af_heart", 1, 8000, text);

    private static short[] Samples(int count) => [.. Enumerable.Range(0, count).Select(i => (short)(i * 7))];
}
