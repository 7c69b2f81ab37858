using System.Globalization;
using System.Net;
using System.Text;
using OCPlatform.Media.Capture;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Capture;

public sealed class CallCaptureTests : IDisposable
{
    private static readonly IPEndPoint Local = IPEndPoint.Parse("192.0.2.1:10000");
    private static readonly IPEndPoint Remote = IPEndPoint.Parse("198.51.100.7:20000");
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("capture").FullName;

    [Fact]
    public async Task Wireshark_reads_sip_and_both_rtp_streams_with_our_counts()
    {
        var capture = New();
        const string sdp = "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 0\r\n";
        var local = IPEndPoint.Parse("127.0.0.1:5060");
        var remote = IPEndPoint.Parse("127.0.0.1:5080");
        await using var pair = new VirtualPair();
        var (callerPort, agentPort) = (0, 0);
        pair.AgentStream.PacketTap = new Ports(capture, (l, r) => (agentPort, callerPort) = (l, r));
        pair.Run(500);
        capture.OnSip(
            Invite(string.Format(CultureInfo.InvariantCulture, sdp, "127.0.0.1", callerPort)),
            At,
            local,
            remote,
            outgoing: false
        );
        capture.End("the test is over");
        await capture.Completed;

        var streams = Tshark.Run(capture.Path, "-q", "-z", "rtp,streams", "-d", $"udp.port=={callerPort},rtp");
        var rows = streams.Where(line => line.Contains("g711U", StringComparison.Ordinal)).Select(Cells).ToList();
        rows.Should().HaveCount(2);
        var stats = pair.AgentStats;
        rows.Single(r => r.Contains(callerPort.ToString(CultureInfo.InvariantCulture)) && r[3] == $"{callerPort}")
            .Should()
            .Contain($"{stats.PacketsReceived}");
        rows.Single(r => r[3] == $"{agentPort}").Should().Contain($"{stats.PacketsSent}");
        Tshark.Fields(capture.Path, "rtcp", "rtcp.pt").Should().NotBeEmpty();
        Tshark
            .Fields(capture.Path, "sip", "sip.Method", "sip.From", "udp.srcport")
            .Should()
            .ContainSingle()
            .Which[0]
            .Should()
            .Be("INVITE");
        Tshark
            .Fields(
                capture.Path,
                "udp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed",
                "frame.number"
            )
            .Should()
            .BeEmpty();
    }

    [Theory]
    [InlineData("192.0.2.1:5060", "198.51.100.7:5062", "ip")]
    [InlineData("[2001:db8::1]:5060", "[2001:db8::2]:5062", "ipv6")]
    [InlineData("[::ffff:192.0.2.1]:5060", "198.51.100.7:5062", "ip")]
    public async Task Packets_have_addresses_direction_time_and_right_checksums(
        string local,
        string remote,
        string version
    )
    {
        var capture = New();
        // Odd and even lengths, and a sum that comes out as 0.
        foreach (var length in (int[])[0, 1, 2, 33, 1200])
            capture.OnPacket(
                Packet(
                    new byte[length],
                    IPEndPoint.Parse(local),
                    IPEndPoint.Parse(remote),
                    outgoing: length > 1,
                    wallNs: 1_700_000_000_123_456_789
                )
            );
        capture.End("done");
        await capture.Completed;

        var rows = Tshark.Fields(
            capture.Path,
            "udp",
            "udp.srcport",
            "udp.dstport",
            "udp.length",
            "udp.checksum.status",
            "frame.time_epoch",
            $"{version}.src",
            "frame.packet_flags_direction"
        );
        rows.Should().HaveCount(5);
        rows.Should().OnlyContain(r => r[3] == "1" && r[4] == "1700000000.123456789");
        rows.Select(r => r[2]).Should().Equal("8", "9", "10", "41", "1208");
        rows[0][..2].Should().Equal("5062", "5060");
        rows[4][..2].Should().Equal("5060", "5062");
        rows.Select(r => r[6]).Should().Equal("0x00000001", "0x00000001", "0x00000002", "0x00000002", "0x00000002");
    }

    [Fact]
    public async Task A_full_queue_drops_and_the_file_says_how_many()
    {
        var capture = New(queue: 64);
        for (var i = 0; i < 200_000 && capture.Dropped == 0; i++)
            capture.OnPacket(Packet(new byte[172], Local, Remote, true));
        capture.Dropped.Should().BePositive();
        capture.End("done");
        await capture.Completed;

        Text(capture).Should().Contain($"{capture.Dropped} packets are missing in it.");
    }

    [Fact]
    public async Task A_file_ends_at_its_size()
    {
        var capture = New(maxBytes: 10_000);
        for (var i = 0; i < 500; i++)
            capture.OnPacket(Packet(new byte[172], Local, Remote, true));
        await capture.Completed.WaitAsync(TimeSpan.FromSeconds(10));

        capture.Ended.Should().Be("its file was full");
        capture.Bytes.Should().BeInRange(10_000, 11_000);
        new FileInfo(capture.Path).Length.Should().Be(capture.Bytes);
        capture.OnPacket(Packet(new byte[172], Local, Remote, true));
    }

    [Fact]
    public async Task A_running_capture_can_be_read_and_holds_whole_blocks()
    {
        var store = new CaptureStore(new CaptureOptions { Folder = _folder }, TimeProvider.System);
        var capture = store.TryBegin("c1", false, null, null, out _)!;
        store.TryBegin("c1", false, null, null, out var refusal).Should().BeNull();
        refusal.Should().Contain("already");
        capture.OnPacket(Packet(new byte[172], Local, Remote, true));
        await Eventually.Holds(
            () => capture.Bytes > 0 && store.List() is [{ Running: true, Packets: 1 }],
            "a packet is in the file"
        );
        await using (var stream = store.Open("c1")!)
        {
            var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            BlockLengths(bytes.ToArray()).Should().HaveCount(3);
        }

        capture.End("done");
        await capture.Completed;
        store.List().Should().ContainSingle().Which.Ended.Should().Be("done");
        var again = store.TryBegin("c1", false, null, null, out _)!;
        again.End("done");
        await again.Completed;
        BlockLengths(await File.ReadAllBytesAsync(again.Path)).Should().HaveCount(4 + 3, "another section follows");
        Tshark.Run(again.Path).Should().ContainSingle();
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(again.Path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_ends_the_capture_and_nothing_else()
    {
        var file = Path.Combine(_folder, "taken");
        await File.WriteAllTextAsync(file, "");
        var capture = new CallCapture(Path.Combine(file, "c.pcapng"), Limits(), null, TimeProvider.System);
        capture.OnPacket(Packet(new byte[10], Local, Remote, true));
        await capture.Completed.WaitAsync(TimeSpan.FromSeconds(10));

        capture.Ended.Should().NotBeNull();
        capture.OnPacket(Packet(new byte[10], Local, Remote, true));
    }

    [Fact]
    public async Task In_a_pause_neither_media_nor_keys_nor_text_come_into_the_file()
    {
        var capture = New();
        capture.OnPacket(Packet("before"u8.ToArray(), Local, Remote, false));
        capture.Paused = true;
        capture.OnPacket(Packet("a card number"u8.ToArray(), Local, Remote, false));
        capture.OnSip("INFO sip:b SIP/2.0\r\n\r\nSignal=4"u8, At, Local, Remote, outgoing: false);
        capture.OnSip("MESSAGE sip:b SIP/2.0\r\n\r\n4111"u8, At, Local, Remote, outgoing: false);
        capture.OnSip("UPDATE sip:b SIP/2.0\r\n\r\n"u8, At, Local, Remote, outgoing: false);
        capture.Paused = false;
        capture.OnPacket(Packet("after"u8.ToArray(), Local, Remote, false));
        capture.End("done");
        await capture.Completed;

        Text(capture).Should().Contain("before").And.Contain("after").And.Contain("UPDATE");
        Text(capture).Should().NotContain("card").And.NotContain("Signal").And.NotContain("4111");
        Text(capture).Should().Contain("0 packets are missing in it. 3 were withheld in pauses.");
    }

    [Fact]
    public async Task A_sweep_deletes_what_is_old_and_nothing_that_runs()
    {
        var store = new CaptureStore(new CaptureOptions { Folder = _folder, KeepHours = 1 }, TimeProvider.System);
        store.Sweep().Should().BeEquivalentTo(new CaptureSweep(0, []));
        foreach (var name in (string[])["old", "running", "young"])
            await File.WriteAllTextAsync(Path.Combine(_folder, $"{name}.pcapng"), "");
        var running = store.TryBegin("running", false, null, null, out _)!;
        foreach (var name in (string[])["old", "running"])
            File.SetLastWriteTimeUtc(Path.Combine(_folder, $"{name}.pcapng"), DateTime.UtcNow.AddHours(-2));

        store.Sweep().Deleted.Should().Be(1);

        store.List().Select(file => file.Call).Should().BeEquivalentTo("running", "young");
        running.End("done");
        await running.Completed;
    }

    [Fact]
    public async Task A_file_that_cannot_be_deleted_is_told_of_and_stops_neither_sweep_nor_capture()
    {
        var store = new CaptureStore(
            new CaptureOptions { Folder = _folder, KeepHours = 1 },
            TimeProvider.System,
            file => throw new UnauthorizedAccessException($"{file.Name} is held")
        );
        foreach (var name in (string[])["a", "b"])
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, $"{name}.pcapng"), "");
            File.SetLastWriteTimeUtc(Path.Combine(_folder, $"{name}.pcapng"), DateTime.UtcNow.AddHours(-2));
        }

        var capture = store.TryBegin("c1", false, null, null, out var refusal)!;
        var swept = store.Sweep();

        (refusal, swept.Deleted).Should().Be((null, 0));
        swept.Faults.Should().BeEquivalentTo("a.pcapng is held", "b.pcapng is held");
        capture.End("done");
        await capture.Completed;
    }

    [Fact]
    public void A_store_knows_no_paths()
    {
        var store = new CaptureStore(new CaptureOptions { Folder = _folder }, TimeProvider.System);

        store.Invoking(s => s.Open("../secret")).Should().Throw<ArgumentException>();
        store.Open("c0").Should().BeNull();
    }

    [Theory]
    [InlineData("Authorization: Digest x=1", "Authorization: ****** ***")]
    [InlineData("proxy-authorization : Digest a", "proxy-authorization : ****** *")]
    [InlineData("Authorization: Digest a,\r\n b=2\r\nTo: x", "Authorization: ****** **\r\n ***\r\nTo: x")]
    [InlineData("WWW-Authenticate: Digest n", "WWW-Authenticate: Digest n")]
    [InlineData(
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc+/=|2^20|1:4",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:******|2^20|1:4"
    )]
    [InlineData("a=crypto:2 F8 inline:ab;INLINE:cd FEC", "a=crypto:2 F8 inline:**;INLINE:** FEC")]
    [InlineData("a=ice-pwd:abc", "a=ice-pwd:***")]
    [InlineData("k=clear:abc", "k=*********")]
    [InlineData("", "")]
    public void Secrets_are_blotted_out_byte_for_byte(string message, string masked)
    {
        var bytes = Encoding.ASCII.GetBytes(message);
        SipSecrets.Mask(bytes);

        Encoding.ASCII.GetString(bytes).Should().Be(masked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Secrets_are_in_the_file_only_when_asked_for(bool keys)
    {
        var capture = New(keys: keys);
        capture.OnSip(
            Invite("a=crypto:1 X inline:SECRETKEY\r\n", "Authorization: Digest response=\"SECRETWORD\"\r\n"),
            At,
            Local,
            Remote,
            outgoing: true,
            "a comment"
        );
        capture.End("done");
        await capture.Completed;

        Text(capture).Contains("SECRET", StringComparison.Ordinal).Should().Be(keys);
        Text(capture).Should().Contain("a comment");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static CaptureLimits Limits(long maxBytes = 10_000_000, int queue = 4096, bool keys = false) =>
        new(maxBytes, TimeSpan.FromMinutes(5), queue, keys);

    private CallCapture New(long maxBytes = 10_000_000, int queue = 4096, bool keys = false) =>
        new(
            Path.Combine(_folder, $"{Guid.NewGuid():n}.pcapng"),
            Limits(maxBytes, queue, keys),
            null,
            TimeProvider.System
        );

    private static TappedPacket Packet(
        byte[] datagram,
        IPEndPoint local,
        IPEndPoint remote,
        bool outgoing,
        long wallNs = 1_700_000_000_000_000_000
    ) =>
        new()
        {
            Datagram = datagram,
            Local = local,
            Remote = remote,
            Outgoing = outgoing,
            WallNs = wallNs,
        };

    private static byte[] Invite(string sdp, string header = "") =>
        Encoding.UTF8.GetBytes(
            "INVITE sip:b@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1\r\nFrom: <sip:a@198.51.100.7>;tag=1\r\n"
                + $"To: <sip:b@192.0.2.1>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n{header}Content-Type: application/sdp\r\nContent-Length: {sdp.Length}\r\n\r\n{sdp}"
        );

    private static string Text(CallCapture capture) => Encoding.Latin1.GetString(File.ReadAllBytes(capture.Path));

    private static string[] Cells(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static List<int> BlockLengths(byte[] file)
    {
        var lengths = new List<int>();
        for (var at = 0; at < file.Length; at += lengths[^1])
        {
            lengths.Add(BitConverter.ToInt32(file, at + 4));
            BitConverter
                .ToInt32(file, at + lengths[^1] - 4)
                .Should()
                .Be(lengths[^1], "a block's length stands at both its ends");
        }

        return lengths;
    }

    private sealed class Ports(CallCapture capture, Action<int, int> tell) : IPacketTap
    {
        public void OnPacket(in TappedPacket packet)
        {
            if (packet.Local.Port % 2 == 0)
                tell(packet.Local.Port, packet.Remote.Port);
            capture.OnPacket(packet);
        }
    }
}
