namespace OCPlatform.Simulation.Tests.Engine;

/// <summary>What the network does to messages in one run; probabilities from 0 to 1.</summary>
internal sealed record Weather
{
    public static readonly Weather Calm = new() { Name = "calm" };

    public required string Name { get; init; }

    public double Loss { get; init; }

    public double Duplication { get; init; }

    public TimeSpan MinDelay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Delays are spread evenly from <see cref="MinDelay"/> to here; a spread reorders.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Chance of a straggler, which takes up to <see cref="Tail"/>.</summary>
    public double TailChance { get; init; }

    /// <summary>Below T4, which is the longest that RFC 3261 expects a message to stay in the network.</summary>
    public TimeSpan Tail { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Chance that a message opens a burst, in which nearly all are lost.</summary>
    public double BurstChance { get; init; }

    public TimeSpan MaxBurst { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Chance that one message breaks the connection it is sent over.</summary>
    public double BreakChance { get; init; }

    /// <summary>Times at which nothing passes in one or both directions.</summary>
    public int Partitions { get; init; }

    public TimeSpan MaxPartition { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>How often the NAT in front of a host forgets its mapping and picks another port.</summary>
    public int Rebindings { get; init; }

    /// <summary>How often what is above the transactions of a host dies and comes back from its snapshot.</summary>
    public int Crashes { get; init; }

    /// <summary>All faults lie before this.</summary>
    public TimeSpan HealsAt { get; init; } = TimeSpan.FromSeconds(60);

    public static Weather Draw(Dice dice)
    {
        var weather = dice.Below(8) switch
        {
            0 => Calm,
            1 => new Weather { Name = "lossy", Loss = dice.Unit() * 0.4 },
            2 => new Weather
            {
                Name = "reordering",
                MaxDelay = dice.Ms(1_500),
                Duplication = dice.Unit() * 0.4,
            },
            3 => new Weather
            {
                Name = "stragglers",
                TailChance = dice.Unit() * 0.5,
                Loss = dice.Unit() * 0.1,
                Duplication = dice.Unit() * 0.2,
            },
            4 => new Weather { Name = "bursts", BurstChance = dice.Unit() * 0.1 },
            5 => new Weather
            {
                Name = "partitions",
                Partitions = dice.Between(1, 3),
                TailChance = dice.Unit() * 0.3,
            },
            6 => new Weather
            {
                Name = "bad",
                Loss = dice.Unit() * 0.3,
                Duplication = dice.Unit() * 0.3,
                MaxDelay = dice.Ms(900),
                TailChance = 0.05,
            },
            _ => new Weather
            {
                Name = "terrible",
                Loss = dice.Unit() * 0.7,
                Duplication = dice.Unit() * 0.5,
                MaxDelay = dice.Ms(2_000),
                TailChance = dice.Unit() * 0.2,
                BurstChance = dice.Unit() * 0.05,
                Partitions = dice.Below(3),
            },
        };
        return weather with
        {
            MaxDelay = weather.MaxDelay > weather.MinDelay ? weather.MaxDelay : weather.MinDelay,
            BreakChance = dice.Chance(0.5) ? 0 : dice.Unit() * 0.1,
            Rebindings = dice.Chance(0.75) ? 0 : dice.Between(1, 2),
            Crashes = dice.Chance(0.6) ? 0 : dice.Between(1, 3),
        };
    }

    /// <summary>Only what differs from calm.</summary>
    public override string ToString()
    {
        var parts = new List<string>
        {
            Name,
            $"delay {MinDelay.TotalMilliseconds:0}-{MaxDelay.TotalMilliseconds:0} ms",
        };
        Add(Loss, $"loss {Loss:P0}");
        Add(Duplication, $"duplication {Duplication:P0}");
        Add(TailChance, $"stragglers {TailChance:P0}");
        Add(BurstChance, $"bursts {BurstChance:P0}");
        Add(BreakChance, $"breaks {BreakChance:P0}");
        Add(Partitions, $"partitions {Partitions}");
        Add(Rebindings, $"rebindings {Rebindings}");
        Add(Crashes, $"crashes {Crashes}");
        return string.Join(", ", parts);

        void Add(double value, string text)
        {
            if (value > 0)
            {
                parts.Add(text);
            }
        }
    }
}
