using CsCheck;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Tests.Engine;

public class PortRangeTests
{
    [Fact]
    public void Only_even_ports_with_their_odd_neighbour_inside_the_range_are_handed_out()
    {
        var ports = new PortRange(10001, 10010, TimeSpan.Zero, new Random(1), new FakeTimeProvider());
        var taken = new List<int>();
        while (ports.TryTake() is { } port)
            taken.Add(port);

        taken.Order().Should().Equal(10002, 10004, 10006, 10008);
        ports.Total.Should().Be(4);
    }

    [Fact]
    public void A_released_port_rests_before_it_is_used_again()
    {
        var time = new FakeTimeProvider();
        var ports = new PortRange(10000, 10003, TimeSpan.FromSeconds(10), new Random(1), time);
        var first = ports.TryTake()!.Value;
        ports.TryTake();
        ports.Release(first);

        time.Advance(TimeSpan.FromSeconds(9.9));
        ports.TryTake().Should().BeNull();
        time.Advance(TimeSpan.FromSeconds(0.1));
        ports.TryTake().Should().Be(first);
    }

    [Fact]
    public void No_port_ever_has_two_owners()
    {
        Gen.Bool.Array[1, 400]
            .Sample(
                takes =>
                {
                    var time = new FakeTimeProvider();
                    var ports = new PortRange(20000, 20019, TimeSpan.FromSeconds(1), new Random(2), time);
                    var owned = new List<int>();
                    foreach (var take in takes)
                    {
                        time.Advance(TimeSpan.FromMilliseconds(150));
                        if (take && ports.TryTake() is { } port)
                        {
                            owned.Should().NotContain(port);
                            owned.Add(port);
                        }
                        else if (!take && owned.Count > 0)
                        {
                            ports.Release(owned[0]);
                            owned.RemoveAt(0);
                        }

                        ports.InUse.Should().Be(owned.Count);
                    }
                },
                iter: 500
            );
    }

    [Fact]
    public void Releasing_twice_is_an_error()
    {
        var ports = new PortRange(10000, 10003, TimeSpan.Zero, new Random(1), new FakeTimeProvider());
        var port = ports.TryTake()!.Value;
        ports.Release(port);

        var again = () => ports.Release(port);
        again.Should().Throw<InvalidOperationException>();
    }
}
