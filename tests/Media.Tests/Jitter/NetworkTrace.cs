using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;
using OCPlatform.Media.Sdp;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Jitter;

/// <summary>A seeded network between a talking sender and an <see cref="AudioReceiver"/>, in virtual time.</summary>
internal sealed class NetworkTrace
{
    public int Seed { get; init; } = 1;
    public double Seconds { get; init; } = 20;
    public double Loss { get; init; }

    /// <summary>Loss comes in bursts of about this many packets.</summary>
    public double Burst { get; init; } = 1;
    public double Duplicates { get; init; }

    /// <summary>Delay is 30 ms plus an exponential of this mean, cut at five times.</summary>
    public double JitterMs { get; init; }

    /// <summary>Extra delay from the given second on.</summary>
    public Func<double, double> ExtraDelayMs { get; init; } = _ => 0;

    /// <summary>The sender's clock against the receiver's, in parts per million.</summary>
    public double DriftPpm { get; init; }
    public int PtimeMs { get; init; } = 20;
    public int MaxDelayMs { get; init; } = 200;

    /// <summary>The session's; the stream is PCMU.</summary>
    public int SampleRateHz { get; init; } = 8000;

    /// <summary>Speech for a second, a pause for a second.</summary>
    public bool Pauses { get; init; } = true;

    public List<FrameKind> Kinds { get; } = [];
    public List<short> Heard { get; } = [];
    public List<double> Delays { get; } = [];
    public List<short> Sent { get; } = [];
    public long PacketsSent { get; private set; }
    public long PacketsLost { get; private set; }

    public AudioReceiver Run()
    {
        var random = new Random(Seed);
        var arrivals = new PriorityQueue<byte[], long>();
        var samples = PtimeMs * 8;
        var sequence = (ushort)65500;
        var timestamp = uint.MaxValue - 5000;
        var lostBefore = false;
        for (var ms = 0.0; ms < Seconds * 1000; ms += PtimeMs * (1 - DriftPpm / 1e6), timestamp += (uint)samples)
        {
            var pcm = Speech((int)(PacketsSent * samples), samples);
            Sent.AddRange(pcm);
            var packet = new byte[RtpHeader.FixedBytes + samples];
            RtpHeader.Write(packet, 0, false, sequence++, timestamp, 0xCAFE);
            G711.Encode(AudioCodec.Pcmu, pcm, packet.AsSpan(RtpHeader.FixedBytes));
            PacketsSent++;
            // Two-state loss (Gilbert) with the wanted mean and burst length.
            var stay = 1 - 1 / Burst;
            lostBefore = random.NextDouble() < (lostBefore ? stay : Loss * (1 - stay) / (1 - Loss));
            if (lostBefore)
            {
                PacketsLost++;
                continue;
            }

            var delay =
                30 + Math.Min(-JitterMs * Math.Log(1 - random.NextDouble()), 5 * JitterMs) + ExtraDelayMs(ms / 1000);
            arrivals.Enqueue(packet, (long)((ms + delay) * 1e6));
            if (random.NextDouble() < Duplicates)
                arrivals.Enqueue(packet, (long)((ms + delay + 5) * 1e6));
        }

        var receiver = new AudioReceiver(10, MaxDelayMs, SampleRateHz);
        receiver.Use(AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, SampleRateHz), 8000);
        var frame = new short[receiver.FrameSamples];
        // Ticks at an odd phase against the sender's packets.
        for (var now = 7_300_000L; now < Seconds * 1e9; now += 20_000_000)
        {
            while (arrivals.TryPeek(out var bytes, out var at) && at <= now)
            {
                arrivals.Dequeue();
                RtpHeader.TryParse(bytes, out var packet).Should().BeTrue();
                if (receiver.Admit(packet, out var extended))
                    receiver.OnAudio(packet, extended, at);
            }

            Kinds.Add(receiver.Pull(now, frame).Kind);
            Heard.AddRange(frame);
            Delays.Add(receiver.DelayMs);
        }

        return receiver;
    }

    /// <summary>Share of the frames after the first packet that were made up.</summary>
    public double ConcealedShare(AudioReceiver receiver) => receiver.ConcealedMs / (Seconds * 1000);

    private short[] Speech(int at, int count)
    {
        var pcm = new short[count];
        for (var i = 0; i < count; i++)
        {
            var t = (at + i) / 8000.0;
            var loud = !Pauses || (int)t % 2 == 0 ? 1.0 : 0.002;
            pcm[i] = (short)(
                loud * 7000 * (Math.Sin(2 * Math.PI * 150 * t) + 0.4 * Math.Sin(2 * Math.PI * 450 * t)) / 1.4
            );
        }

        return pcm;
    }
}
