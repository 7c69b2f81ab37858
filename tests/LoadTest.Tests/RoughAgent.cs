using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.LoadTest.Tests;

/// <summary>
/// A user agent server whose RTP packets are written by hand, so that loss, delay, duplication and disorder are exactly
/// those of a list. It says one greeting and hangs up.
/// </summary>
internal sealed class RoughAgent : IAsyncDisposable
{
    private const int PacketSamples = 160;
    private static readonly TimeSpan PacketTime = TimeSpan.FromMilliseconds(20);

    private readonly Socket _rtp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly SipUserAgent _agent;
    private readonly short[] _pcm;

    public RoughAgent(int packets)
    {
        _pcm = Signals.Voice(packets * 20);
        _rtp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _agent = SipUserAgent.OverUdp(
            new IPEndPoint(IPAddress.Loopback, 0),
            new SipUserAgentOptions { OnIncomingCall = OnCall }
        );
        _agent.Start();
    }

    public SipUri Address => SipUri.Create("agent", _agent.LocalEndPoint);

    public IReadOnlySet<int> Lost { get; init; } = new HashSet<int>();
    public IReadOnlySet<int> Doubled { get; init; } = new HashSet<int>();

    /// <summary>Packets sent so much after their time, in ms.</summary>
    public IReadOnlyDictionary<int, int> DelayedMs { get; init; } = new Dictionary<int, int>();

    /// <summary>When each packet (by number) really left, in µs.</summary>
    public List<(int Packet, long SentMicros)> Sent { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        _rtp.Dispose();
    }

    private void OnCall(SipCall call)
    {
        SessionDescription.TryParse(call.Invite.Body.Span, out var offer, out _).Should().BeTrue();
        var answer = OfferAnswer.Answer(
            offer!,
            MediaCapabilities.Default,
            new LocalMedia("127.0.0.1", ((IPEndPoint)_rtp.LocalEndPoint!).Port, 1, 1)
        );
        call.Answer(Encoding.UTF8.GetBytes(answer.Description!.ToString()));
        var media = answer.Media!;
        var thread = new Thread(() => Send(call, media)) { IsBackground = true };
        thread.Start();
    }

    private void Send(SipCall call, NegotiatedMedia media)
    {
        var peer = new IPEndPoint(IPAddress.Parse(media.RemoteAddress), media.RemotePort);
        var due = Enumerable
            .Range(0, _pcm.Length / PacketSamples)
            .Where(n => !Lost.Contains(n))
            .Select(n => (Packet: n, At: n * PacketTime + TimeSpan.FromMilliseconds(DelayedMs.GetValueOrDefault(n))))
            .OrderBy(p => p.At);
        var start = Stopwatch.GetTimestamp();
        foreach (var (number, at) in due)
        {
            var left = at - Stopwatch.GetElapsedTime(start);
            if (left > TimeSpan.Zero)
            {
                Thread.Sleep(left);
            }
            var packet = Packet(number, media);
            Sent.Add((number, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds));
            _rtp.SendTo(packet, peer);
            if (Doubled.Contains(number))
            {
                _rtp.SendTo(packet, peer);
            }
        }
        // Beyond the caller's jitter buffer, so that the last packets are played too.
        Thread.Sleep(300);
        _ = call.HangUpAsync(TimeSpan.FromSeconds(2));
    }

    private byte[] Packet(int number, NegotiatedMedia media)
    {
        var packet = new byte[12 + PacketSamples];
        packet[0] = 0x80;
        packet[1] = (byte)media.SendPayloadType;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)(65_500 + number));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), (uint)(7000 + number * PacketSamples));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), 0xCAFE);
        G711.Encode(media.Codec, _pcm.AsSpan(number * PacketSamples, PacketSamples), packet.AsSpan(12));
        return packet;
    }
}
