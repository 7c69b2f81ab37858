namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>Draws the faults that come at a time of their own, and the moment at which all of them are over.</summary>
internal static class Faults
{
    public static void Plan(World world)
    {
        var weather = world.Weather;
        var dice = world.Dice;
        for (var i = 0; i < weather.Partitions; i++)
        {
            world.At(dice.Between(TimeSpan.Zero, weather.HealsAt), () => Partition(world));
        }
        for (var i = 0; i < weather.Rebindings; i++)
        {
            world.At(
                dice.Between(TimeSpan.Zero, weather.HealsAt),
                () => world.Hosts.Find(h => h.IsBehindNat)!.Rebind()
            );
        }
        for (var i = 0; i < weather.Crashes; i++)
        {
            var host = dice.Pick([.. world.Hosts.Where(h => !h.IsProxy)]);
            if (dice.Chance(0.5))
            {
                host.CrashAfter(dice.Between(1, 20));
            }
            else
            {
                world.At(dice.Between(TimeSpan.Zero, weather.HealsAt), host.Crash);
            }
        }
        world.At(
            weather.HealsAt,
            () =>
            {
                world.Weather = Weather.Calm;
                world.Ladder.Fault("all faults heal");
                foreach (var host in world.Hosts)
                {
                    host.CrashAfter(0);
                }
            }
        );
    }

    private static void Partition(World world)
    {
        var (dice, weather) = (world.Dice, world.Weather);
        var one = world.Hosts[dice.Below(world.Hosts.Count)];
        var other = dice.Pick([.. world.Hosts.Where(h => h != one)]);
        var until = world.Now + weather.MaxPartition * dice.Unit();
        until = until < weather.HealsAt ? until : weather.HealsAt;
        world.Network.LinkOf(one, other).Block(until);
        var both = dice.Chance(0.5);
        if (both)
        {
            world.Network.LinkOf(other, one).Block(until);
        }
        world.Ladder.Fault(
            $"{one.Name} {(both ? "and" : "to")} {other.Name}: nothing passes for {(until - world.Now).TotalSeconds:0.0} s"
        );
    }
}
