using OCPlatform.Media.Codecs;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Jitter;

public class AudioReceiverCostTests
{
    /// <summary>Packets under loss, jitter, reordering and stalls; returns the bytes allocated in each tenth of their second half.</summary>
    private static long[] Run(AudioReceiver receiver, int packets)
    {
        var random = new Random(11);
        var bytes = new byte[RtpHeader.FixedBytes + 160];
        random.NextBytes(bytes.AsSpan(RtpHeader.FixedBytes));
        var frame = new short[160];
        var due = new (long At, int Index)[64];
        var now = 1_000_000_000L;
        var marks = new long[6];
        for (var i = 0; i < packets; i++, now += 20_000_000)
        {
            if (i >= packets / 2 && i % (packets / 10) == 0)
                marks[i / (packets / 10) - 5] = GC.GetAllocatedBytesForCurrentThread();
            // A stall now and then, jitter otherwise.
            var delay = i % 400 > 392 ? (400 - i % 400) * 20 : random.Next(60);
            if (random.Next(20) > 0)
                due[i & 63] = (now + delay * 1_000_000L, i);
            for (var k = Math.Max(0, i - 63); k <= i; k++)
            {
                ref var waiting = ref due[k & 63];
                if (waiting.At == 0 || waiting.At > now)
                    continue;
                RtpHeader.Write(bytes, 0, false, (ushort)waiting.Index, (uint)waiting.Index * 160, 5);
                RtpHeader.TryParse(bytes, out var packet);
                if (receiver.Admit(packet, out var sequence))
                    receiver.OnAudio(packet, sequence, waiting.At);
                waiting.At = 0;
            }

            receiver.Pull(now, frame);
        }

        marks[5] = GC.GetAllocatedBytesForCurrentThread();
        return [.. marks.Skip(1).Zip(marks, static (mark, before) => mark - before)];
    }

    private static AudioReceiver NewReceiver()
    {
        var receiver = new AudioReceiver(10, 200);
        receiver.Use(AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, 8000), 8000);
        return receiver;
    }

    [Fact]
    public void A_hundred_thousand_packets_allocate_nothing_while_they_are_lost_late_and_stretched()
    {
        var receiver = NewReceiver();

        var allocated = Run(receiver, 200_000);

        Allocations.ShouldBeNone("20,000 packets, lost, late and stretched", allocated);
        receiver.ConcealedSamples.Should().BePositive();
        receiver.StretchedSamples.Should().BePositive();
        receiver.ShrunkSamples.Should().BePositive();
    }

    [Fact]
    public void A_call_on_a_good_network_holds_less_than_eight_kilobytes()
    {
        var receivers = new AudioReceiver[64];
        Run(NewReceiver(), 10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < receivers.Length; i++)
            receivers[i] = NewReceiver();
        var made = (GC.GetAllocatedBytesForCurrentThread() - before) / receivers.Length;
        var bytes = new byte[RtpHeader.FixedBytes + 160];
        var frame = new short[160];
        foreach (var receiver in receivers)
        {
            for (var i = 0; i < 50; i++)
            {
                RtpHeader.Write(bytes, 0, false, (ushort)i, (uint)i * 160, 5);
                RtpHeader.TryParse(bytes, out var packet);
                receiver.Admit(packet, out var sequence);
                receiver.OnAudio(packet, sequence, i * 20_000_000L);
                receiver.Pull(i * 20_000_000L + 7_000_000, frame);
            }
        }

        var held = (GC.GetAllocatedBytesForCurrentThread() - before) / receivers.Length;

        made.Should().BeLessThan(4500);
        held.Should().BeLessThan(8000, "packets that wait included");
        receivers[0].BufferBytes.Should().BeLessThan(4000);
    }
}
