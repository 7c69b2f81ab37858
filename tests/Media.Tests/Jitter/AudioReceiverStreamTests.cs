using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Jitter;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Media.Tests.Jitter;

/// <summary>What a stream may do besides losing packets: pauses, events, other codecs, other clocks.</summary>
public class AudioReceiverStreamTests
{
    private const long Ms = 1_000_000;
    private long _now = 1_000 * Ms;
    private ushort _sequence = 100;
    private uint _timestamp = 4000;

    private static AudioReceiver NewReceiver(AudioCodec codec = AudioCodec.Pcmu, int rateHz = 8000)
    {
        var receiver = new AudioReceiver(10, 200, rateHz);
        receiver.Use(AudioCodecFactory.CreateDecoder(codec, rateHz), codec.ClockRateHz());
        return receiver;
    }

    private static void Offer(
        AudioReceiver receiver,
        ushort sequence,
        uint timestamp,
        byte[] payload,
        long at,
        uint ssrc = 7
    )
    {
        var bytes = new byte[RtpHeader.FixedBytes + payload.Length];
        RtpHeader.Write(bytes, 0, false, sequence, timestamp, ssrc);
        payload.CopyTo(bytes, RtpHeader.FixedBytes);
        RtpHeader.TryParse(bytes, out var packet).Should().BeTrue();
        if (receiver.Admit(packet, out var extended))
            receiver.OnAudio(packet, extended, at);
    }

    [Fact]
    public void Loss_is_told_to_each_source_of_its_own_and_counted_for_the_call()
    {
        var receiver = NewReceiver();
        var payload = new byte[160];
        foreach (ushort sequence in new ushort[] { 1, 2, 6, 7 })
            Offer(receiver, sequence, sequence * 160u, payload, _now, ssrc: 7);
        receiver.Source.Lost.Should().Be(3);

        foreach (ushort sequence in new ushort[] { 900, 901, 903 })
            Offer(receiver, sequence, sequence * 160u, payload, _now, ssrc: 8);

        receiver.Source.Ssrc.Should().Be(8u);
        receiver.Source.Lost.Should().Be(1, "a report is about one source");
        receiver.Lost.Should().Be(4);
    }

    /// <summary>A packet of a sine, and the frame that is due 5 ms later; a null codec sends nothing.</summary>
    private MediaFrameInfo Step(
        AudioReceiver receiver,
        short[] frame,
        bool sent = true,
        AudioCodec codec = AudioCodec.Pcmu
    )
    {
        var samples = codec == AudioCodec.L16 ? 320 : 160;
        if (sent)
        {
            var pcm = new short[samples];
            for (var i = 0; i < samples; i++)
                pcm[i] = (short)(6000 * Math.Sin(2 * Math.PI * 200 * (_timestamp + (uint)i) / (samples * 50)));
            var payload = new byte[codec == AudioCodec.L16 ? 640 : 160];
            using var encoder = AudioCodecFactory.CreateEncoder(codec, samples * 50);
            encoder.Encode(pcm, payload);
            Offer(receiver, _sequence++, _timestamp, payload, _now);
        }

        _timestamp += (uint)samples;
        var info = receiver.Pull(_now + 5 * Ms, frame);
        _now += 20 * Ms;
        return info;
    }

    [Fact]
    public void A_senders_pause_is_not_counted_as_loss_and_speech_resumes_at_once()
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        for (var i = 0; i < 100; i++)
            Step(receiver, frame);
        var delay = receiver.DelayMs;
        for (var i = 0; i < 200; i++)
            Step(receiver, frame, sent: false);
        var kinds = Enumerable.Range(0, 50).Select(_ => Step(receiver, frame).Kind).ToArray();

        receiver.ConcealedSamples.Should().Be(0);
        receiver.Lost.Should().Be(0);
        kinds.Skip(2).Should().OnlyContain(k => k == FrameKind.Received);
        receiver.DelayMs.Should().BeApproximately(delay, 1);
        receiver.StretchedSamples.Should().Be(0);
    }

    [Fact]
    public void Comfort_noise_is_heard_at_its_level_and_is_no_concealment()
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        for (var i = 0; i < 50; i++)
            Step(receiver, frame);
        var bytes = new byte[RtpHeader.FixedBytes + 1];
        RtpHeader.Write(bytes, 13, false, _sequence++, _timestamp, 7);
        bytes[^1] = 50;
        RtpHeader.TryParse(bytes, out var packet).Should().BeTrue();
        receiver.Admit(packet, out var sequence).Should().BeTrue();
        receiver.OnComfortNoise(packet, sequence, _now);

        var kinds = Enumerable.Range(0, 50).Select(_ => Step(receiver, frame, sent: false).Kind).ToArray();
        var level = 20 * Math.Log10(frame.Average(s => Math.Abs((double)s)) / 32768);

        kinds.Skip(2).Should().OnlyContain(k => k == FrameKind.Silence);
        level.Should().BeInRange(-55, -48);
        Step(receiver, frame);
        receiver.ConcealedSamples.Should().Be(0);
    }

    [Fact]
    public void A_digits_packets_are_no_loss()
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        for (var i = 0; i < 50; i++)
            Step(receiver, frame);
        receiver.InEvent = true;
        var start = _timestamp;
        for (var i = 0; i < 10; i++)
        {
            var bytes = new byte[RtpHeader.FixedBytes + 4];
            RtpHeader.Write(bytes, 101, false, _sequence++, start, 7);
            RtpHeader.TryParse(bytes, out var packet).Should().BeTrue();
            receiver.Admit(packet, out _).Should().BeTrue();
            Step(receiver, frame, sent: false);
        }

        receiver.InEvent = false;
        for (var i = 0; i < 20; i++)
            Step(receiver, frame);

        receiver.ConcealedSamples.Should().Be(0);
        receiver.Bursts.MissingShare.Should().Be(0);
        Step(receiver, frame).Kind.Should().Be(FrameKind.Received);
    }

    [Fact]
    public void The_codec_changes_without_a_gap_even_with_packets_of_the_old_one_waiting()
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        var kinds = new List<FrameKind>();
        for (var i = 0; i < 100; i++)
        {
            if (i == 50)
                receiver.Use(AudioCodecFactory.CreateDecoder(AudioCodec.Pcma, 8000), 8000);
            kinds.Add(Step(receiver, frame, codec: i < 50 ? AudioCodec.Pcmu : AudioCodec.Pcma).Kind);
            if (i > 5)
                frame.Max().Should().BeInRange(5500, 6500, "each payload is decoded by its own law");
        }

        kinds.Skip(3).Should().OnlyContain(k => k == FrameKind.Received);
        receiver.ConcealedSamples.Should().Be(0);
    }

    [Theory]
    [InlineData(AudioCodec.Pcma)]
    [InlineData(AudioCodec.G722)]
    public void The_peer_may_change_its_codec_with_every_packet(AudioCodec other)
    {
        using var receiver = new AudioReceiver(20, 200);
        receiver.Prepare(AudioCodec.Pcmu, AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, 8000));
        using var encoder = AudioCodecFactory.CreateEncoder(other, 8000);
        var frame = new short[160];
        var bytes = new byte[RtpHeader.FixedBytes + 160];
        var kinds = new int[8];
        var i = 0;
        Allocations.ShouldBeNonePer("packet of either codec", 500, Step);

        kinds[(int)FrameKind.Received].Should().BeGreaterThan(2990);
        receiver.ConcealedSamples.Should().Be(0);
        frame.Max().Should().BeInRange(5000, 7500, "each payload is decoded by its own codec");

        void Step()
        {
            for (var k = 0; k < 160; k++)
                frame[k] = (short)(6000 * Math.Sin(2 * Math.PI * (k + i * 160) / 16));
            RtpHeader.Write(bytes, 0, false, (ushort)i, (uint)(i * 160), 5);
            if (i % 2 == 0)
                G711.Encode(AudioCodec.Pcmu, frame, bytes.AsSpan(RtpHeader.FixedBytes));
            else
                encoder.Encode(frame, bytes.AsSpan(RtpHeader.FixedBytes));
            RtpHeader.TryParse(bytes, out var packet);
            receiver.Admit(packet, out var sequence);
            receiver.OnAudio(packet, sequence, _now, i % 2 == 0 ? AudioCodec.Pcmu : other);
            kinds[(int)receiver.Pull(_now + 15 * Ms, frame).Kind]++;
            _now += 20 * Ms;
            i++;
        }
    }

    [Fact]
    public void A_straggler_of_a_codec_with_another_clock_does_not_turn_it_back()
    {
        using var receiver = new AudioReceiver(20, 200, 16_000);
        receiver.Prepare(AudioCodec.Pcmu, AudioCodecFactory.CreateDecoder(AudioCodec.Pcmu, 16_000));
        var frame = new short[320];
        var kinds = new List<FrameKind>();
        for (var i = 0; i < 100; i++)
        {
            // Packet 49, the last of PCMU, comes after two of L16.
            if (i != 49)
                Take(i, i < 50 ? AudioCodec.Pcmu : AudioCodec.L16);
            if (i == 51)
                Take(49, AudioCodec.Pcmu);
            kinds.Add(receiver.Pull(_now + 15 * Ms, frame).Kind);
            _now += 20 * Ms;
        }

        receiver.Codec.Should().Be(AudioCodec.L16);
        receiver.Late.Should().Be(1);
        kinds.Skip(54).Should().OnlyContain(k => k == FrameKind.Received);

        void Take(int i, AudioCodec codec)
        {
            var bytes = new byte[RtpHeader.FixedBytes + (codec == AudioCodec.Pcmu ? 160 : 640)];
            RtpHeader.Write(bytes, 0, false, (ushort)i, (uint)(i * codec.ClockRateHz() / 50), 5);
            RtpHeader.TryParse(bytes, out var packet);
            receiver.Admit(packet, out var sequence).Should().BeTrue();
            receiver.OnAudio(packet, sequence, _now, codec);
        }
    }

    [Fact]
    public void A_codec_of_another_clock_starts_the_timing_anew()
    {
        var receiver = NewReceiver(AudioCodec.Pcmu, 16_000);
        var frame = new short[320];
        for (var i = 0; i < 60; i++)
            Step(receiver, frame);
        receiver.Use(AudioCodecFactory.CreateDecoder(AudioCodec.L16, 16_000), 16_000);
        var kinds = Enumerable.Range(0, 60).Select(_ => Step(receiver, frame, codec: AudioCodec.L16).Kind).ToArray();

        kinds.Skip(3).Should().OnlyContain(k => k == FrameKind.Received);
        receiver.DelayMs.Should().BeLessThan(45);
        receiver.JitterMs.Should().BeLessThan(1);
    }

    [Fact]
    public void A_frame_tells_its_timestamp_and_arrival_at_a_rate_that_is_not_the_clocks()
    {
        var receiver = NewReceiver(AudioCodec.Pcmu, 16_000);
        var frame = new short[320];
        var first = _timestamp;
        var began = _now;
        MediaFrameInfo info = default;
        for (var i = 0; i < 20; i++)
            info = Step(receiver, frame);

        info.RtpTimestamp.Should().BeInRange(first + 17 * 160, first + 19 * 160);
        ((info.RtpTimestamp - first) % 160).Should().Be(0);
        info.ArrivalTicks.Should().Be(began + (info.RtpTimestamp - first) / 160 * 20 * Ms);
        info.LatenessMicros.Should().Be(0);
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(-1_000_000)]
    public void Timestamps_that_jump_cost_a_few_frames_and_one_wrong_timestamp_costs_its_packet(int jump)
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        var kinds = new List<FrameKind>();
        for (var i = 0; i < 200; i++)
        {
            if (i == 50)
                _timestamp += (uint)jump;
            if (i == 51)
                _timestamp -= (uint)jump;
            if (i == 100)
                _timestamp += (uint)jump;
            kinds.Add(Step(receiver, frame).Kind);
        }

        kinds.Skip(40).Take(50).Count(k => k != FrameKind.Received).Should().BeLessThanOrEqualTo(1);
        kinds.Skip(100).Count(k => k != FrameKind.Received).Should().BeLessThanOrEqualTo(4);
    }

    [Fact]
    public void A_late_packet_is_played_late_and_the_delay_shrinks_again()
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        for (var i = 0; i < 100; i++)
            Step(receiver, frame);
        var delay = receiver.DelayMs;
        // 100 ms of nothing, then everything at once.
        var waiting = new List<(ushort, uint)>();
        for (var i = 0; i < 5; i++)
        {
            waiting.Add((_sequence++, _timestamp));
            Step(receiver, frame, sent: false);
        }

        foreach (var (sequence, timestamp) in waiting)
            Offer(receiver, sequence, timestamp, new byte[160], _now);
        Step(receiver, frame);
        var longest = receiver.DelayMs;
        for (var i = 0; i < 1500; i++)
            Step(receiver, frame);

        receiver.Late.Should().Be(0);
        longest.Should().BeGreaterThan(delay + 40);
        receiver.DelayMs.Should().BeLessThan(delay + 20);
        receiver.ConcealedMs.Should().BeInRange(40, 100);
        receiver.ShrunkSamples.Should().BePositive();
    }

    [Fact]
    public void Lost_and_late_packets_are_told_apart_and_their_bursts_are_known()
    {
        var receiver = NewReceiver();
        var frame = new short[160];
        for (var i = 0; i < 300; i++)
        {
            // Three lost in a row; and one that comes after its successor was played.
            if (i is 50 or 51 or 52)
                _sequence++;
            if (i == 202)
                Offer(receiver, (ushort)(_sequence - 2), _timestamp - 320, new byte[160], _now);
            if (i == 200)
                _sequence++;
            Step(receiver, frame, sent: i is not (50 or 51 or 52 or 200));
        }

        receiver.Lost.Should().Be(3);
        receiver.Late.Should().Be(1);
        receiver.ConcealedMs.Should().Be(80);
        var bursts = receiver.Bursts;
        (bursts.Lost, bursts.Discarded, bursts.Received).Should().Be((3, 1, 296));
        (bursts.Bursts, bursts.BurstMissing, bursts.LongestMissingRun).Should().Be((1, 3, 3));
    }

    [Fact]
    public void A_decoders_own_redundancy_and_concealment_are_used()
    {
        var decoder = new RedundantDecoder();
        var receiver = new AudioReceiver(30, 30);
        receiver.Use(decoder, 8000);
        var frame = new short[160];
        for (ushort i = 0; i < 60; i++)
        {
            // One alone: the next packet restores it. Three in a row: two are made up, the third is restored.
            if (i is not (20 or 40 or 41 or 42))
                Offer(receiver, i, i * 160u, [(byte)i], _now);
            receiver.Pull(_now + 15 * Ms, frame);
            _now += 20 * Ms;
        }

        decoder.Concealed.Should().Be(2);
        decoder.Recovered.Should().Equal(21, 43);
        receiver.RecoveredSamples.Should().Be(320);
        receiver.ConcealedMs.Should().Be(40);
        receiver.Dispose();
        decoder.Disposed.Should().BeTrue();
    }

    private sealed class RedundantDecoder : IAudioDecoder
    {
        public int Concealed { get; private set; }
        public List<int> Recovered { get; } = [];
        public bool Disposed { get; private set; }
        public int SampleRateHz => 8000;

        public int SamplesOf(ReadOnlySpan<byte> payload) => 160;

        public int Decode(ReadOnlySpan<byte> payload, Span<short> pcm)
        {
            pcm[..160].Fill(payload[0]);
            return 160;
        }

        public bool Conceal(Span<short> pcm)
        {
            Concealed++;
            pcm.Clear();
            return true;
        }

        public bool Recover(ReadOnlySpan<byte> next, Span<short> pcm)
        {
            pcm.Length.Should().Be(160);
            Recovered.Add(next[0]);
            pcm.Clear();
            return true;
        }

        public void Dispose() => Disposed = true;
    }
}
