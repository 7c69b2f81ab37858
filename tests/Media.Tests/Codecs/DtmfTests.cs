using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Tests.Codecs;

public class DtmfTests
{
    private const long TickNs = 20_000_000;

    // Wraps on the way.
    private const uint Beginning = 4_294_966_000;

    private sealed record Packet(TelephoneEvent Event, uint Timestamp, bool Marker);

    /// <summary>What a receiver makes of packets, each at its time in ticks of 20 ms; null is a lost packet.</summary>
    private static List<string> Receive(IEnumerable<Packet?> packets, int clockRateHz = 8000)
    {
        var receiver = new DtmfReceiver();
        var digits = new List<string>();
        long now = 0;
        foreach (var item in packets.Concat(Enumerable.Repeat<Packet?>(null, 20)))
        {
            now += TickNs;
            if (
                item is { } p
                && receiver.OnPacket(p.Event, p.Timestamp, p.Marker, clockRateHz, now, out var digit, out var ms)
            )
                digits.Add($"{digit}{ms}");

            if (receiver.OnTime(now, out var late, out var lateMs))
                digits.Add($"{late}{lateMs}");
        }

        receiver.Active.Should().BeFalse();
        return digits;
    }

    private static List<Packet?> Send(params (char Digit, int Ms)[] digits) => Send(8000, 8000, digits);

    private static List<Packet?> Send(int eventRateHz, int streamRateHz, params (char Digit, int Ms)[] digits)
    {
        var packets = new List<Packet?>();
        var sender = new DtmfSender();
        var now = Beginning;
        foreach (var (digit, ms) in digits)
        {
            sender.Begin(TelephoneEvent.CodeOf(digit), ms, eventRateHz, streamRateHz);
            while (sender.Busy)
            {
                packets.Add(
                    sender.Next(now, out var packet, out var timestamp, out var marker)
                        ? new Packet(packet, timestamp, marker)
                        : null
                );
                now += (uint)(streamRateHz / 50);
            }
        }

        return packets;
    }

    [Fact]
    public void Every_digit_is_received_with_its_duration()
    {
        var digits = "0123456789*#ABCD".Select((d, i) => (d, 60 + 20 * i)).ToArray();

        Receive(Send(digits)).Should().Equal(digits.Select(d => $"{d.d}{d.Item2}"));
    }

    [Fact]
    public void The_same_digit_twice_is_two_digits()
    {
        Receive(Send(('5', 100), ('5', 100))).Should().Equal("5100", "5100");
    }

    [Fact]
    public void Any_one_packet_may_be_lost()
    {
        var packets = Send(('1', 100), ('2', 100));
        for (var lost = 0; lost < packets.Count; lost++)
        {
            var arrived = packets.ToList();
            arrived[lost] = null;
            Receive(arrived).Select(d => d[0]).Should().Equal(['1', '2'], $"packet {lost} is lost");
        }
    }

    [Fact]
    public void A_digit_whose_end_packets_are_all_lost_ends_by_time()
    {
        var packets = Send(('7', 100)).Select(p => p?.Event.End == true ? null : p);

        Receive(packets).Should().Equal("780");
    }

    [Fact]
    public void A_digit_whose_end_is_lost_ends_when_the_next_begins()
    {
        var packets = Send(('7', 100), ('8', 100));
        var firstEnds = packets.Select((p, i) => (p, i)).Where(x => x.p?.Event.End == true).Take(3).Select(x => x.i);
        foreach (var i in firstEnds.ToList())
            packets[i] = null;

        Receive(packets.Where(p => p is not null)).Should().Equal("780", "8100");
    }

    [Fact]
    public void Repeated_and_reordered_packets_give_one_digit()
    {
        var packets = Send(('3', 100), ('4', 100)).Where(p => p is not null).SelectMany(p => new[] { p, p }).ToList();
        (packets[3], packets[6]) = (packets[6], packets[3]);
        packets.Add(packets[0]);

        Receive(packets).Select(d => d[0]).Should().Equal('3', '4');
    }

    [Fact]
    public void A_digit_longer_than_a_segment_is_one_digit()
    {
        Receive(Send(('9', 20_000))).Should().Equal("920000");
    }

    [Theory]
    [InlineData(8000)]
    [InlineData(16_000)]
    [InlineData(48_000)]
    public void Durations_are_in_the_units_that_were_agreed(int clockRateHz)
    {
        var packets = Send(clockRateHz, clockRateHz, ('1', 60), ('2', 3000), ('2', 100));

        Receive(packets, clockRateHz).Should().Equal("160", "23000", "2100");
        Receive(packets.Where(p => p is not null), clockRateHz).Should().Equal("160", "23000", "2100");
    }

    [Fact]
    public void A_segment_ends_with_the_longest_duration_and_the_next_has_no_marker()
    {
        var packets = Send(('9', 9000)).OfType<Packet>().ToList();

        packets.Count(p => p.Marker).Should().Be(1);
        var full = packets.Single(p => p.Event.Duration == 0xFFFF);
        full.Event.End.Should().BeFalse();
        var second = packets[packets.IndexOf(full) + 1];
        second.Timestamp.Should().Be(full.Timestamp + 0xFFFF);
        packets.Count(p => p.Event.End).Should().Be(3);
        packets[^1].Event.Duration.Should().Be(9000 * 8 - 0xFFFF);
    }

    [Fact]
    public void A_long_digit_is_one_whatever_three_packets_are_lost_on_its_way()
    {
        var packets = Send(('9', 9000));
        for (var lost = 1; lost < packets.Count - 6; lost++)
        {
            var arrived = packets.ToList();
            arrived[lost] = arrived[lost + 1] = arrived[lost + 2] = null;
            Receive(arrived).Should().Equal(["99000"], $"packets from {lost} on are lost");
        }
    }

    [Fact]
    public void A_long_digit_is_one_where_audio_has_another_clock_than_events()
    {
        // Events of 8 kHz beside Opus: timestamps pass at 48 kHz, and so does the beginning of the next segment.
        var packets = Send(8000, 48_000, ('9', 9000));

        packets.OfType<Packet>().Last().Timestamp.Should().Be(unchecked(Beginning + 6u * 0xFFFF));
        Receive(packets).Should().Equal("99000");
    }

    [Fact]
    public void The_same_digit_anew_without_a_pause_is_told_by_its_marker()
    {
        var first = Send(('4', 100)).Where(p => p is { Event.End: false }).ToList();
        var second = first.Select(p => p! with { Timestamp = p.Timestamp + 80 * 8 });

        Receive([.. first, .. second]).Should().Equal("480", "480");
    }

    [Fact]
    public void A_late_packet_of_the_digit_before_changes_nothing()
    {
        var packets = Send(('1', 100), ('2', 100)).OfType<Packet>().ToList();
        var late = packets[2];
        packets.RemoveAt(2);
        packets.Insert(packets.FindIndex(p => p.Event.Event == 2) + 2, late);

        Receive(packets).Should().Equal("1100", "2100");
    }

    [Fact]
    public void A_stream_that_starts_anew_with_older_timestamps_is_heard()
    {
        var old = Send(('1', 100));
        var anew = Send(('2', 100)).Select(p => p is null ? null : p with { Timestamp = p.Timestamp - 1_000_000 });

        Receive([.. old, .. anew]).Should().Equal("1100", "2100");
    }

    [Fact]
    public void A_flash_ends_a_digit_and_is_none()
    {
        var digit = Send(('6', 100)).Where(p => p is { Event.End: false }).ToList();
        var flash = new Packet(new TelephoneEvent(16, true, 0, 640), digit[0]!.Timestamp + 8000, true);

        Receive([.. digit, flash, flash, flash]).Should().Equal("680");
    }

    [Fact]
    public void A_digit_of_which_only_an_end_packet_arrives_is_heard_once()
    {
        var packets = Send(('1', 100), ('2', 100)).OfType<Packet>().ToList();
        var lonely = packets.Where(p => p.Event is { Event: 1, End: false } or { Event: 2, End: true });

        Receive(lonely).Should().Equal("180", "2100");
    }

    [Fact]
    public void Other_events_are_no_digits()
    {
        var flash = new TelephoneEvent(16, true, 10, 800);

        Receive([.. Enumerable.Repeat(new Packet(flash, 100, true), 3)]).Should().BeEmpty();
    }

    [Fact]
    public void An_event_survives_the_wire()
    {
        var sent = new TelephoneEvent(11, true, 10, 1280);
        var bytes = new byte[TelephoneEvent.Bytes];
        sent.Write(bytes);

        bytes.Should().Equal(0x0B, 0x8A, 0x05, 0x00);
        TelephoneEvent.TryParse(bytes, out var read).Should().BeTrue();
        read.Should().Be(sent);
        TelephoneEvent.TryParse(bytes.AsSpan(0, 3), out _).Should().BeFalse();
    }
}
