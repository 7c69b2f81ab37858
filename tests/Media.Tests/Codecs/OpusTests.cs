using System.Runtime.InteropServices;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Tests.Engine;

namespace OCPlatform.Media.Tests.Codecs;

public partial class OpusTests
{
    private const int Rate = 16_000;
    private const int Frame = 320;

    [Theory]
    [InlineData(10)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(60)]
    public void Every_packet_time_that_is_supported_is_encoded_and_measured(int ptimeMs)
    {
        using var encoder = new OpusEncoder(Rate);
        using var narrow = new OpusDecoder(8000);
        using var wide = new OpusDecoder(Rate);
        encoder.Supports(ptimeMs).Should().BeTrue();
        var payload = new byte[encoder.MaxBytes(ptimeMs)];

        var bytes = encoder.Encode(Tone.Sine(400, 16 * ptimeMs, Rate), payload);

        bytes.Should().BeInRange(5, payload.Length);
        wide.SamplesOf(payload.AsSpan(0, bytes)).Should().Be(16 * ptimeMs);
        wide.Decode(payload.AsSpan(0, bytes), new short[16 * ptimeMs]).Should().Be(16 * ptimeMs);
        narrow.Decode(payload.AsSpan(0, bytes), new short[8 * ptimeMs]).Should().Be(8 * ptimeMs);
        narrow.Decode(payload.AsSpan(0, bytes), new short[8 * ptimeMs - 1]).Should().Be(0, "it does not fit");
    }

    [Fact]
    public void A_packet_time_that_opus_has_not_is_refused()
    {
        using var encoder = new OpusEncoder(Rate);
        encoder.Supports(30).Should().BeFalse();
        encoder.Encode(new short[480], new byte[240]).Should().Be(0);
    }

    [Fact]
    public void Speech_stays_within_its_bit_rate()
    {
        using var encoder = new OpusEncoder(Rate);

        var bytes = Packets(encoder, ReferenceTool.Speech16k()).Average(p => p.Length);

        (bytes * 8 * 50).Should().BeInRange(18_000, 36_000);
    }

    [Fact]
    public void A_lost_packet_is_restored_from_the_next_when_the_peer_reports_loss()
    {
        using var encoder = new OpusEncoder(Rate);
        encoder.OnPeerLoss(0.1f);
        var packets = Packets(encoder, ReferenceTool.Speech16k()[..(Rate * 20)]);
        var whole = Decode(packets, (_, _, _) => false);

        var restored = 0;
        var withRedundancy = Decode(packets, (decoder, next, pcm) => decoder.Recover(next, pcm) && ++restored > 0);
        var concealed = Decode(packets, (decoder, _, pcm) => decoder.Conceal(pcm));

        restored.Should().BeGreaterThan(packets.Count / 10 / 2);
        Distance(whole, withRedundancy).Should().BeLessThan(Distance(whole, concealed) * 0.5);

        List<short[]> Decode(List<byte[]> sent, Func<IAudioDecoder, byte[], short[], bool> fill)
        {
            using var decoder = new OpusDecoder(Rate);
            var frames = new List<short[]>();
            for (var i = 0; i < sent.Count - 1; i++)
            {
                var pcm = new short[Frame];
                if (i % 10 != 9 || !fill(decoder, sent[i + 1], pcm))
                    decoder.Decode(sent[i], pcm).Should().Be(Frame);
                frames.Add(pcm);
            }

            return frames;
        }

        // How far the restored frames are off, in the energy of what was there.
        double Distance(List<short[]> a, List<short[]> b) =>
            Enumerable
                .Range(0, a.Count)
                .Where(i => i % 10 == 9)
                .Sum(i => a[i].Zip(b[i], (x, y) => Math.Pow(x - y, 2)).Sum());
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(Rate)]
    public void A_little_loss_is_enough_for_redundancy_at_either_rate(int rateHz)
    {
        using var encoder = new OpusEncoder(rateHz);
        encoder.OnPeerLoss(0.02f);
        var speech = ReferenceTool.Speech16k()[..(Rate * 10)];
        if (rateHz == 8000)
            speech = [.. speech.Where((_, i) => i % 2 == 0)];

        var payload = new byte[encoder.MaxBytes(20)];
        var redundant = speech
            .Chunk(rateHz / 50)
            .Count(frame =>
                OpusPacket.TryParse(payload.AsSpan(0, encoder.Encode(frame, payload)), out var packet)
                && packet.HasRedundancy
            );

        redundant.Should().BeGreaterThan(250, "of 500");
    }

    [Fact]
    public void Without_loss_there_is_no_redundancy()
    {
        using var encoder = new OpusEncoder(Rate);
        using var decoder = new OpusDecoder(Rate);

        foreach (var packet in Packets(encoder, ReferenceTool.Speech16k()[..(Rate * 5)]))
            decoder.Recover(packet, new short[Frame]).Should().BeFalse();
    }

    [Fact]
    public void Redundancy_goes_slowly_when_the_loss_has_gone()
    {
        using var encoder = new OpusEncoder(Rate);
        using var decoder = new OpusDecoder(Rate);
        var speech = ReferenceTool.Speech16k()[..(Rate * 4)];
        encoder.OnPeerLoss(0.2f);
        encoder.OnPeerLoss(0);
        Packets(encoder, speech).Count(HasRedundancy).Should().BeGreaterThan(20);
        for (var report = 0; report < 20; report++)
            encoder.OnPeerLoss(0);
        // The encoder looks ahead: the first packet may still have some.
        Packets(encoder, speech).Skip(2).Count(HasRedundancy).Should().Be(0);

        bool HasRedundancy(byte[] packet) => OpusPacket.TryParse(packet, out var parsed) && parsed.HasRedundancy;
    }

    [Fact]
    public void Missing_audio_is_made_up_and_fades()
    {
        using var encoder = new OpusEncoder(Rate);
        using var decoder = new OpusDecoder(Rate);
        var pcm = new short[Frame];
        foreach (var packet in Packets(encoder, Tone.Sine(300, Rate, Rate)))
            decoder.Decode(packet, pcm);
        var energy = Energy(pcm);

        decoder.Conceal(pcm).Should().BeTrue();
        Energy(pcm).Should().BeGreaterThan(energy / 10);
        for (var i = 0; i < 25; i++)
            decoder.Conceal(pcm);
        Energy(pcm).Should().BeLessThan(energy / 100);
        decoder.Conceal(pcm.AsSpan(0, 7)).Should().BeFalse("concealment goes in steps of 2.5 ms");
        decoder.Reset();
        decoder.Conceal(pcm);
        Energy(pcm).Should().Be(0);

        double Energy(short[] samples) => samples.Sum(s => (double)s * s);
    }

    [Fact]
    public void Stereo_is_heard_as_mono()
    {
        var encoder = opus_encoder_create(48_000, 2, 2049, out var error);
        error.Should().Be(0);
        using var decoder = new OpusDecoder(Rate);
        var heard = new List<short>();
        var payload = new byte[1000];
        var pcm = new short[Frame];
        var left = Tone.Sine(500, 48_000, 48_000, 10_000);
        for (var at = 0; at < left.Length; at += 960)
        {
            var both = new short[1920];
            for (var i = 0; i < 960; i++)
                both[2 * i] = left[at + i];
            var bytes = opus_encode(encoder, both, 960, payload, payload.Length);
            (payload[0] & 4).Should().Be(4, "the stereo bit is set");
            decoder.Decode(payload.AsSpan(0, bytes), pcm).Should().Be(Frame);
            heard.AddRange(pcm);
        }

        opus_encoder_destroy(encoder);
        Tone.Amplitude(CollectionsMarshal.AsSpan(heard)[8000..], 500, Rate).Should().BeInRange(4500, 5500);
    }

    [Fact]
    public void Packets_are_taken_apart_as_libopus_does()
    {
        var random = new Random(5);
        var sizes = new short[48];
        var good = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var payload = new byte[random.Next(1, random.Next(2, 400))];
            random.NextBytes(payload);
            // Few frames and short lengths are the valid ones.
            if (payload.Length > 1 && random.Next(2) == 0)
                payload[1] &= 0xC7;
            var frames = opus_packet_parse(payload, payload.Length, out var toc, 0, sizes, 0);

            OpusPacket.TryParse(payload, out var packet).Should().Be(frames > 0, Convert.ToHexString(payload));
            if (frames <= 0)
                continue;
            good++;
            packet.Frames.Should().Be(frames);
            packet.Samples(48_000).Should().Be(opus_packet_get_nb_samples(payload, payload.Length, 48_000));
        }

        good.Should().BeGreaterThan(50_000);
    }

    [Fact]
    public void What_is_no_opus_gives_nothing()
    {
        using var decoder = new OpusDecoder(Rate);
        var pcm = new short[Rate];
        decoder.Decode([], pcm).Should().Be(0);
        decoder.Decode([0x03], pcm).Should().Be(0, "a count is missing");
        decoder.Decode([0x0B, 0x3F, 1, 2, 3], pcm).Should().Be(0, "63 frames are more than 120 ms");
        decoder.Decode([0x09, 1, 2, 3], pcm).Should().Be(0, "3 bytes are not two equal frames");
        decoder.Recover([], pcm).Should().BeFalse();
    }

    private static List<byte[]> Packets(OpusEncoder encoder, short[] pcm)
    {
        var payload = new byte[encoder.MaxBytes(20)];
        var packets = new List<byte[]>();
        for (var at = 0; at + Frame <= pcm.Length; at += Frame)
            packets.Add(payload[..encoder.Encode(pcm.AsSpan(at, Frame), payload)]);
        return packets;
    }

    private const string Library = "libopus.so.0";

    [LibraryImport(Library)]
    private static partial nint opus_encoder_create(int rate, int channels, int application, out int error);

    [LibraryImport(Library)]
    private static partial int opus_encode(nint encoder, short[] pcm, int samples, byte[] payload, int maxBytes);

    [LibraryImport(Library)]
    private static partial void opus_encoder_destroy(nint encoder);

    [LibraryImport(Library)]
    private static partial int opus_packet_parse(
        byte[] payload,
        int bytes,
        out byte toc,
        nint frames,
        [Out] short[] sizes,
        nint payloadOffset
    );

    [LibraryImport(Library)]
    private static partial int opus_packet_get_nb_samples(byte[] payload, int bytes, int rate);
}
