using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Quality;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Bench.Jitter;

/// <summary>How one receiver fared on one trace. Shares are 0–1.</summary>
internal sealed record JitterOutcome
{
    /// <summary>Lost by the network, and lost because they came too late.</summary>
    public required double Lost { get; init; }
    public required double Late { get; init; }

    /// <summary>Of the time since the first packet: not the sender's speech.</summary>
    public required double Concealed { get; init; }
    public required double Stretched { get; init; }
    public required double Shrunk { get; init; }

    /// <summary>Behind the fastest packet, in ms.</summary>
    public required double MeanDelayMs { get; init; }
    public required double Delay95Ms { get; init; }
    public required double BurstRatio { get; init; }

    /// <summary>What is missing for the rating: lost words stay lost, even if others were spoken slowly in their place.</summary>
    private double Missing => Math.Max(Concealed, Lost + Late);

    /// <summary>Packetisation, the fastest packet's passage, the buffer.</summary>
    public double MouthToEarMs => 20 + NetworkModel.BaseDelayMs + MeanDelayMs;

    /// <summary>With the impairment of the delay: a conversation's quality (MOS-CQE in RFC 3611's words).</summary>
    public double Mos => Rate(MouthToEarMs, Missing, BurstRatio);

    /// <summary>Without it: what a listener hears.</summary>
    public double ListeningMos => Rate(0, Missing, BurstRatio);

    /// <summary>The E-model's MOS of G.711 with concealment.</summary>
    public static double Rate(double delayMs, double missing, double burstRatio) =>
        EModel.ConversationalMos(new EModelInput(CodecImpairment.G711, missing, burstRatio, delayMs));
}

/// <summary>Sends a stream of speech through a network to an <see cref="AudioReceiver"/>, in virtual time.</summary>
internal static class JitterTrial
{
    private const int FrameSamples = 160;
    private const long TickNs = 20_000_000;
    private static readonly byte[] Speech = SyntheticSpeech.Pcmu(seconds: 30, seed: 7);

    public static JitterOutcome Run(
        IReadOnlyList<Passage> passages,
        int ptimeMs,
        int minDelayMs,
        int maxDelayMs,
        double phaseMs
    )
    {
        using var receiver = new AudioReceiver(minDelayMs, maxDelayMs);
        receiver.Use(AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, 8000), 8000);
        var arrivals = passages
            .Select((p, i) => (Index: i, At: p.ArrivedMs))
            .Where(p => p.At is not null)
            .OrderBy(p => p.At)
            .ToArray();
        var samples = ptimeMs * 8;
        var packet = new byte[RtpHeader.FixedBytes + samples];
        var frame = new short[FrameSamples];
        var delays = new List<double>();
        var next = 0;
        var heard = 0L;
        var begun = false;
        var end = (long)(passages[^1].SentMs * 1e6);
        for (var now = (long)(phaseMs * 1e6); now < end; now += TickNs)
        {
            for (; next < arrivals.Length && arrivals[next].At * 1e6 <= now; next++)
            {
                var index = arrivals[next].Index;
                RtpHeader.Write(packet, 0, false, (ushort)index, (uint)(index * samples), 1);
                Speech.AsSpan(index * samples % (Speech.Length - samples), samples).CopyTo(packet.AsSpan(12));
                if (RtpHeader.TryParse(packet, out var parsed) && receiver.Admit(parsed, out var sequence))
                    receiver.OnAudio(parsed, sequence, (long)(arrivals[next].At!.Value * 1e6));
            }

            var kind = receiver.Pull(now, frame).Kind;
            begun |= kind == FrameKind.Received;
            if (!begun)
                continue;
            heard += FrameSamples;
            delays.Add(receiver.DelayMs);
        }

        delays.Sort();
        return new JitterOutcome
        {
            Lost = 1 - (double)arrivals.Length / passages.Count,
            Late = (double)receiver.Late / passages.Count,
            Concealed = (double)receiver.ConcealedSamples / heard,
            Stretched = (double)receiver.StretchedSamples / heard,
            Shrunk = (double)receiver.ShrunkSamples / heard,
            MeanDelayMs = delays.Average(),
            Delay95Ms = delays[(int)(delays.Count * 0.95)],
            BurstRatio = Math.Max(1, receiver.Bursts.BurstRatio),
        };
    }
}
