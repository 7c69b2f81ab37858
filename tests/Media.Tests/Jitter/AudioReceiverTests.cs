using CsCheck;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Jitter;

public class AudioReceiverTests
{
    private static AudioReceiver NewReceiver()
    {
        var receiver = new AudioReceiver(10, 200);
        receiver.Use(AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, 8000), 8000);
        return receiver;
    }

    [Theory]
    [InlineData(10, 8000)]
    [InlineData(20, 8000)]
    [InlineData(30, 8000)]
    [InlineData(40, 8000)]
    [InlineData(50, 8000)]
    [InlineData(60, 8000)]
    [InlineData(20, 16_000)]
    [InlineData(60, 16_000)]
    public void A_perfect_network_needs_no_concealment_and_little_delay(int ptimeMs, int sampleRateHz)
    {
        var trace = new NetworkTrace { PtimeMs = ptimeMs, SampleRateHz = sampleRateHz };
        var receiver = trace.Run();

        receiver.ConcealedMs.Should().Be(0);
        (receiver.Lost, receiver.Late, receiver.Duplicates).Should().Be((0, 0, 0));
        receiver.JitterMs.Should().BeLessThan(0.2);
        trace.Delays.Skip(50).Max().Should().BeLessThan(45);
    }

    [Fact]
    public void Every_sample_of_a_perfect_network_is_heard_in_order()
    {
        var trace = new NetworkTrace { Pauses = false, Seconds = 5 };
        trace.Run();

        var first = trace.Kinds.IndexOf(FrameKind.Received);
        trace.Kinds.Skip(first).Should().OnlyContain(k => k == FrameKind.Received);
        var heard = trace.Heard.Skip(first * 160).ToArray();
        // It is faded in.
        for (var i = 20; i < heard.Length; i++)
            Math.Abs(heard[i] - trace.Sent[i]).Should().BeLessThan(300, "only the coding differs");
    }

    [Theory]
    [InlineData(0.02, 1, 5)]
    [InlineData(0.05, 1, 20)]
    [InlineData(0.05, 3, 20)]
    [InlineData(0.10, 2, 20)]
    [InlineData(0.02, 1, 10)]
    public void Concealment_is_the_loss_and_at_most_half_a_per_cent_more(double loss, double burst, double jitterMs)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var trace = new NetworkTrace
            {
                Seed = seed,
                Loss = loss,
                Burst = burst,
                JitterMs = jitterMs,
                Seconds = 60,
                Duplicates = 0.02,
            };
            var receiver = trace.Run();

            var lost = (double)trace.PacketsLost / trace.PacketsSent;
            trace.ConcealedShare(receiver).Should().BeLessThan(lost + 0.005, $"seed {seed}, {lost:P1} lost");
            receiver.Lost.Should().BeCloseTo(trace.PacketsLost, 6);
            receiver.Duplicates.Should().BeGreaterThan(10);
        }
    }

    [Fact]
    public void The_delay_follows_the_network_up_and_down_again()
    {
        var trace = new NetworkTrace
        {
            Seconds = 90,
            JitterMs = 1,
            ExtraDelayMs = at => at is > 20 and < 40 && (int)(at * 50) % 7 == 0 ? 70 : 0,
        };
        trace.Run();

        double Mean(int from, int to) => trace.Delays.Skip(from * 50).Take((to - from) * 50).Average();
        Mean(10, 20).Should().BeLessThan(45);
        Mean(30, 40).Should().BeGreaterThan(70);
        Mean(80, 90).Should().BeLessThan(50);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(-200)]
    public void Drifting_clocks_neither_run_dry_nor_pile_up(double ppm)
    {
        var trace = new NetworkTrace
        {
            DriftPpm = ppm,
            Seconds = 300,
            JitterMs = 2,
        };
        var receiver = trace.Run();

        trace.ConcealedShare(receiver).Should().BeLessThan(0.01);
        trace.Delays.Skip(100).Max().Should().BeLessThan(70);
        // 200 ppm of 300 s are 60 ms. What is made up while a packet is late has become delay, too.
        var added = (receiver.StretchedSamples + receiver.ConcealedSamples) / 8;
        var taken = receiver.ShrunkSamples / 8;
        (ppm > 0 ? taken - added : added - taken).Should().BeInRange(35, 85);
        (added + taken).Should().BeLessThan(400, "it must not swing to and fro");
    }

    [Fact]
    public void A_path_that_becomes_longer_for_good_interrupts_only_briefly()
    {
        var trace = new NetworkTrace { Seconds = 40, ExtraDelayMs = at => at > 10 ? 400 : 0 };
        var receiver = trace.Run();

        trace.Kinds.Skip(700).Count(k => k == FrameKind.Received).Should().BeGreaterThan(1280);
        receiver.ConcealedMs.Should().BeLessThanOrEqualTo(400, "that is how long nothing came");
    }

    [Fact]
    public void What_was_sent_long_before_the_first_frame_is_skipped_not_played_late()
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        // 300 ms of backlog in the socket, then the first frame is wanted.
        for (ushort i = 0; i < 15; i++)
        {
            var bytes = new byte[172];
            RtpHeader.Write(bytes, 0, false, i, i * 160u, 1);
            RtpHeader.TryParse(bytes, out var packet);
            receiver.Admit(packet, out var sequence).Should().BeTrue();
            receiver.OnAudio(packet, sequence, 1_000_000_000 + i * 20_000_000L);
        }

        var info = receiver.Pull(1_000_000_000 + 14 * 20_000_000L + 5_000_000, frame);

        info.Kind.Should().Be(FrameKind.Received);
        info.RtpTimestamp.Should().BeInRange(12 * 160, 14 * 160);
        receiver.Late.Should().Be(0);
        receiver.DelayMs.Should().BeLessThan(45);
    }

    [Fact]
    public void A_new_source_takes_over_with_its_second_packet_and_a_stray_does_not()
    {
        var receiver = new AudioReceiver(10, 200);
        var sequence = (ushort)7;
        bool Admit(uint ssrc, ushort number)
        {
            var bytes = new byte[172];
            RtpHeader.Write(bytes, 0, false, number, 0, ssrc);
            RtpHeader.TryParse(bytes, out var packet);
            return receiver.Admit(packet, out _);
        }

        Admit(1, sequence++).Should().BeTrue();
        Admit(1, sequence++).Should().BeTrue();
        Admit(99, 500).Should().BeFalse("a stray");
        Admit(1, sequence++).Should().BeTrue();
        Admit(2, 1000).Should().BeFalse();
        Admit(2, 1001).Should().BeTrue();
        Admit(2, 1002).Should().BeTrue();
        Admit(1, sequence).Should().BeFalse("the old one is gone");
    }

    [Fact]
    public void Any_timestamps_and_times_are_survived()
    {
        var packet = Gen.Select(Gen.UShort[0, 40], Gen.UInt, Gen.Int[0, 480], Gen.Int[0, 3], Gen.Int[0, 9]);
        packet
            .Array[1, 300]
            .Sample(
                packets =>
                {
                    var receiver = NewReceiver();
                    var frame = new short[160];
                    var now = 1_000_000_000L;
                    foreach (var (sequence, timestamp, length, pulls, wild) in packets)
                    {
                        var bytes = new byte[RtpHeader.FixedBytes + length];
                        var stamp = wild == 0 ? timestamp : sequence * 160u;
                        RtpHeader.Write(bytes, 0, false, sequence, stamp, (uint)(wild / 8));
                        RtpHeader.TryParse(bytes, out var parsed);
                        if (receiver.Admit(parsed, out var extended))
                            receiver.OnAudio(parsed, extended, now);
                        for (var i = 0; i < pulls; i++)
                            receiver.Pull(now += 20_000_000, frame);
                    }
                },
                iter: 1000
            );
    }
}
