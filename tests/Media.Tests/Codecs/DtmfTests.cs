using OCPlatform.Media.Codecs;

namespace OCPlatform.Media.Tests.Codecs;

public class DtmfTests
{
    /// <summary>What a receiver makes of packets, each at its time in ticks of 20 ms; null is a lost packet.</summary>
    private static List<string> Receive(IEnumerable<(TelephoneEvent Packet, uint Timestamp)?> packets)
    {
        var receiver = new DtmfReceiver();
        var digits = new List<string>();
        long now = 0;
        foreach (var item in packets.Concat(Enumerable.Repeat<(TelephoneEvent Packet, uint Timestamp)?>(null, 20)))
        {
            now += 160;
            if (item is { } p)
            {
                receiver.OnPacket(p.Packet, p.Timestamp, now, out var completed, out var digit, out var ms);
                if (completed)
                    digits.Add($"{digit}{ms}");
            }

            if (receiver.OnTime(now, out var late, out var lateMs))
                digits.Add($"{late}{lateMs}");
        }

        return digits;
    }

    private static List<(TelephoneEvent Packet, uint Timestamp)?> Send(params (char Digit, int Ms)[] digits)
    {
        var packets = new List<(TelephoneEvent, uint)?>();
        var sender = new DtmfSender();
        uint now = 4_294_966_000; // Wraps on the way.
        foreach (var (digit, ms) in digits)
        {
            sender.Begin(TelephoneEvent.CodeOf(digit), ms);
            while (sender.Busy)
            {
                packets.Add(sender.Next(now, out var packet, out var timestamp, out _) ? (packet, timestamp) : null);
                now += 160;
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
        var packets = Send(('7', 100)).Select(p => p?.Packet.End == true ? null : p);

        Receive(packets).Should().Equal("780");
    }

    [Fact]
    public void A_digit_whose_end_is_lost_ends_when_the_next_begins()
    {
        var packets = Send(('7', 100), ('8', 100));
        var firstEnds = packets.Select((p, i) => (p, i)).Where(x => x.p?.Packet.End == true).Take(3).Select(x => x.i);
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

    [Fact]
    public void Other_events_are_no_digits()
    {
        var flash = new TelephoneEvent(16, true, 10, 800);

        Receive([(flash, 100), (flash, 100), (flash, 100)]).Should().BeEmpty();
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
