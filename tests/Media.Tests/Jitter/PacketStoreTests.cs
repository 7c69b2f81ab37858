using CsCheck;
using OCPlatform.Media.Jitter;

namespace OCPlatform.Media.Tests.Jitter;

public class PacketStoreTests
{
    private static void Insert(PacketStore store, long sequence) =>
        store.Insert(
            sequence,
            new PacketFacts
            {
                Kind = StoredKind.Audio,
                Position = sequence * 160,
                Samples = 160,
            },
            [(byte)sequence, 1, 2]
        );

    private static long Take(PacketStore store)
    {
        store.TryPeek(out var packet).Should().BeTrue();
        packet.Payload.Length.Should().Be(3);
        packet.Payload[0].Should().Be((byte)packet.Sequence);
        packet.Position.Should().Be(packet.Sequence * 160);
        var sequence = packet.Sequence;
        store.Remove(packet);
        return sequence;
    }

    [Fact]
    public void Packets_come_out_in_order_whatever_order_they_came_in()
    {
        // The first one may have been overtaken by two.
        Gen.Shuffle(Enumerable.Range(100, 16).ToArray())
            .Where(order => order[0] <= 102)
            .Sample(
                order =>
                {
                    var store = new PacketStore();
                    foreach (var sequence in order)
                        Insert(store, sequence);
                    for (var i = 100; i < 116; i++)
                        Take(store).Should().Be(i);
                    store.Count.Should().Be(0);
                },
                iter: 300
            );
    }

    [Fact]
    public void A_packet_behind_one_that_was_taken_is_past()
    {
        var store = new PacketStore();
        Insert(store, 10);
        Insert(store, 12);
        Take(store);
        Take(store);

        store.IsPast(11).Should().BeTrue();
        store.IsPast(13).Should().BeFalse();
    }

    [Fact]
    public void When_it_is_full_the_oldest_packets_must_go_first()
    {
        var store = new PacketStore();
        for (var i = 0; i < PacketStore.MaxSlots - 2; i++)
            Insert(store, i);

        store.HasRoomFor(PacketStore.MaxSlots).Should().BeFalse();
        while (!store.HasRoomFor(PacketStore.MaxSlots))
            Take(store);
        Insert(store, PacketStore.MaxSlots);
        Take(store).Should().BeGreaterThan(0);
        store.HasRoomFor(1_000_000).Should().BeFalse();
    }

    [Fact]
    public void It_takes_no_more_memory_than_the_packets_it_holds_demand()
    {
        var store = new PacketStore();
        Insert(store, 0);
        var one = store.Bytes;
        for (var i = 1; i < 20; i++)
            Insert(store, i);

        one.Should().BeLessThan(600);
        store.Bytes.Should().BeGreaterThan(20 * 160);
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
                    var store = new PacketStore();
                    var model = new SortedSet<long>();
                    var taken = long.MinValue;
                    long highest = 1000;
                    foreach (var op in operations)
                    {
                        if (op < 0)
                        {
                            store.TryPeek(out _).Should().Be(model.Count > 0);
                            if (model.Count == 0)
                                continue;
                            taken = Take(store);
                            taken.Should().Be(model.Min);
                            model.Remove(taken);
                            continue;
                        }

                        var sequence = highest + op / 10 - 3;
                        highest = Math.Max(highest, sequence);
                        if (store.IsPast(sequence) || model.Contains(sequence))
                        {
                            (sequence <= taken || model.Contains(sequence) || taken == long.MinValue).Should().BeTrue();
                            continue;
                        }

                        while (!store.HasRoomFor(sequence))
                            model.Remove(Take(store));
                        Insert(store, sequence);
                        model.Add(sequence);
                        store.Count.Should().Be(model.Count);
                    }
                },
                iter: 1000
            );
    }
}
