using OCPlatform.Gateways.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Admission;

public sealed class CallSeatsTests
{
    private readonly CallSeats _seats = new(3);

    [Fact]
    public void The_node_has_its_places_and_a_free_one_is_given_again()
    {
        Enumerable.Range(0, 3).All(_ => Take("a") == AdmissionReason.Admitted).Should().BeTrue();
        Take("b").Should().Be(AdmissionReason.Full);
        _seats.Release("a");
        Take("b").Should().Be(AdmissionReason.Admitted);
        _seats.Taken.Should().Be(3);
    }

    [Fact]
    public void A_trunk_that_has_taken_its_own_leaves_the_rest_to_others()
    {
        Take("a", calls: 1).Should().Be(AdmissionReason.Admitted);
        Take("a", calls: 1).Should().Be(AdmissionReason.TrunkFull);
        Take("b", calls: 1).Should().Be(AdmissionReason.Admitted);
    }

    [Fact]
    public void A_trunk_may_bring_so_many_calls_a_second()
    {
        Take("a", perSecond: 2).Should().Be(AdmissionReason.Admitted);
        Take("a", perSecond: 2).Should().Be(AdmissionReason.Admitted);
        _seats.Release("a");
        Take("a", perSecond: 2).Should().Be(AdmissionReason.TrunkTooFast);
        _seats.Taken.Should().Be(1, "what is refused takes no place");
        Take("a", perSecond: 2, nowMs: 500).Should().Be(AdmissionReason.Admitted);
    }

    [Fact]
    public void Places_are_counted_right_from_many_threads()
    {
        var seats = new CallSeats(10);
        var most = 0;
        Parallel.For(
            0,
            10_000,
            _ =>
            {
                if (seats.TryTake("a", 0, 0, 0, out var reason, out var cause))
                {
                    var taken = seats.Taken;
                    InterlockedMax(ref most, taken);
                    seats.Release("a");
                }
            }
        );
        seats.Taken.Should().Be(0);
        most.Should().BeLessThanOrEqualTo(10);
    }

    private AdmissionReason Take(string trunk, int calls = 0, int perSecond = 0, long nowMs = 0)
    {
        _seats.TryTake(trunk, calls, perSecond, nowMs, out var reason, out _);
        return reason;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; )
        {
            seen = Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
