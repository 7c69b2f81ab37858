using CsCheck;
using OCPlatform.Media.Jitter;

namespace OCPlatform.Media.Tests.Jitter;

public class JitterBufferTests
{
    private static List<long> Drain(JitterBuffer buffer)
    {
        var taken = new List<long>();
        while (buffer.TryPeek(out var packet))
        {
            packet.Payload[0].Should().Be((byte)packet.Sequence);
            packet.Timestamp.Should().Be(packet.Sequence * 160);
            taken.Add(packet.Sequence);
            buffer.Remove(packet);
        }

        return taken;
    }

    private static JitterInsert Insert(JitterBuffer buffer, long sequence) =>
        buffer.Insert(sequence, sequence * 160, [(byte)sequence]);

    [Fact]
    public void Packets_come_out_in_order_whatever_order_they_came_in()
    {
        Gen.Shuffle(Enumerable.Range(100, 16).ToArray())
            .Sample(
                order =>
                {
                    var buffer = new JitterBuffer();
                    foreach (var sequence in order)
                        Insert(buffer, sequence).Should().Be(JitterInsert.Stored);
                    Drain(buffer).Should().Equal(Enumerable.Range(100, 16).Select(i => (long)i));
                    buffer.Count.Should().Be(0);
                },
                iter: 500
            );
    }

    [Fact]
    public void A_packet_behind_one_that_was_taken_is_late()
    {
        var buffer = new JitterBuffer();
        Insert(buffer, 10);
        Insert(buffer, 12);
        Drain(buffer).Should().Equal(10, 12);

        Insert(buffer, 11).Should().Be(JitterInsert.Late);
        Insert(buffer, 13).Should().Be(JitterInsert.Stored);
        buffer.Count.Should().Be(1);
    }

    [Fact]
    public void When_it_is_full_the_oldest_packets_go()
    {
        var buffer = new JitterBuffer(packets: 8);
        for (var i = 0; i < 8; i++)
            Insert(buffer, i);

        Insert(buffer, 9).Should().Be(JitterInsert.StoredDroppingOldest);

        Drain(buffer).Should().Equal(2, 3, 4, 5, 6, 7, 9);
        Insert(buffer, 1000).Should().Be(JitterInsert.Stored);
        Drain(buffer).Should().Equal(1000);
    }

    [Fact]
    public void A_payload_beyond_its_slots_is_refused()
    {
        var buffer = new JitterBuffer(maxPayloadBytes: 160);

        buffer.Insert(1, 0, new byte[161]).Should().Be(JitterInsert.TooLong);
        buffer.Count.Should().Be(0);
    }

    [Fact]
    public void It_behaves_like_a_sorted_list_under_any_sequence_of_operations()
    {
        var operation = Gen.Frequency((4, Gen.Int[0, 60]), (1, Gen.Const(-1)));
        operation
            .Array[1, 200]
            .Sample(
                operations =>
                {
                    var buffer = new JitterBuffer(packets: 16);
                    var model = new SortedSet<long>();
                    long next = long.MinValue;
                    long highest = 1000;
                    var seen = new HashSet<long>();
                    foreach (var op in operations)
                    {
                        if (op < 0)
                        {
                            buffer.TryPeek(out var packet).Should().Be(model.Count > 0);
                            if (model.Count == 0)
                                continue;
                            packet.Sequence.Should().Be(model.Min);
                            buffer.Remove(packet);
                            next = model.Min + 1;
                            model.Remove(model.Min);
                            continue;
                        }

                        var sequence = highest + op / 10 - 3;
                        if (!seen.Add(sequence))
                            continue; // Duplicates are sorted out before.
                        highest = Math.Max(highest, sequence);
                        if (next == long.MinValue)
                            next = sequence - 8;
                        var stored = Insert(buffer, sequence);
                        if (sequence < next)
                        {
                            stored.Should().Be(JitterInsert.Late);
                            continue;
                        }

                        model.RemoveWhere(s => s <= sequence - 16);
                        next = Math.Max(next, sequence - 15);
                        model.Add(sequence);
                        buffer.Count.Should().Be(model.Count);
                    }
                },
                iter: 2000
            );
    }
}
