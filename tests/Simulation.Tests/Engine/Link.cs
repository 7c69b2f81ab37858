namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>One direction between two hosts: what happens to each message that is put on it.</summary>
internal sealed class Link(World world)
{
    private const double LossInBurst = 0.95;

    private TimeSpan _burstUntil;
    private TimeSpan _blockedUntil;

    /// <summary>Nothing passes until then: a partition that heals.</summary>
    public void Block(TimeSpan until) => _blockedUntil = until > _blockedUntil ? until : _blockedUntil;

    /// <summary>Whether this copy of a datagram is lost; each has its own fate.</summary>
    public bool Loses()
    {
        if (world.Now < _blockedUntil)
        {
            return true;
        }
        var weather = world.Weather;
        if (world.Now < _burstUntil)
        {
            return world.Dice.Chance(LossInBurst);
        }
        if (weather.BurstChance > 0 && world.Dice.Chance(weather.BurstChance))
        {
            _burstUntil = world.Now + weather.MaxBurst * world.Dice.Unit();
        }
        return weather.Loss > 0 && world.Dice.Chance(weather.Loss);
    }

    public int Copies() =>
        world.Weather.Duplication == 0 || !world.Dice.Chance(world.Weather.Duplication) ? 1 : world.Dice.Between(2, 3);

    public TimeSpan Delay()
    {
        var weather = world.Weather;
        return weather.TailChance > 0 && world.Dice.Chance(weather.TailChance)
            ? world.Dice.Between(weather.MinDelay, weather.Tail)
            : world.Dice.Between(weather.MinDelay, weather.MaxDelay);
    }

    /// <summary>A stream repeats what is lost, so loss and partition only make it late.</summary>
    public TimeSpan StreamDelay()
    {
        var delay = Delay();
        var timeout = TimeSpan.FromMilliseconds(200);
        for (var tries = 0; tries < 6 && world.Dice.Chance(world.Weather.Loss); tries++)
        {
            delay += timeout;
            timeout *= 2;
        }
        return _blockedUntil > world.Now ? _blockedUntil - world.Now + delay : delay;
    }
}
