using Akka.Actor;
using OCPlatform.Host.Membership;

namespace OCPlatform.Host.Tests.Membership;

public sealed class MajorityTests
{
    [Theory]
    [InlineData(1, "1", false)]
    [InlineData(2, "1,2", false)]
    [InlineData(2, "1", false)]
    [InlineData(2, "2", true)]
    [InlineData(3, "2,3", false)]
    [InlineData(3, "1", true)]
    [InlineData(4, "1,4", false)]
    [InlineData(4, "2,3", true)]
    [InlineData(5, "3,4,5", false)]
    [InlineData(5, "1,2", true)]
    public void The_smaller_side_stops_and_of_two_halves_the_one_without_the_lowest_address(
        int voters,
        string reached,
        bool stops
    )
    {
        var reachable = reached.Split(',').Select(int.Parse).Select(At).ToHashSet();

        Majority
            .IsWithout([.. Enumerable.Range(1, voters).Select(At).Reverse()], reachable.Contains)
            .Should()
            .Be(stops);
    }

    [Fact]
    public void Who_is_no_voter_yet_belongs_to_no_side() => Majority.IsWithout([], _ => true).Should().BeFalse();

    private static Address At(int number) => new("akka.tcp", "ocp", $"127.0.0.{number}", 4053);
}
