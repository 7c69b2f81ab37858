namespace OCPlatform.LoadTest.Chaos;

/// <summary>What the callers of a chaos run do.</summary>
public enum ChaosTalk
{
    /// <summary>Each books an appointment, in four turns.</summary>
    Booking,

    /// <summary>Nobody speaks: calls to a number that plays, for many calls on few cores.</summary>
    Silent,
}

/// <summary>A chaos run.</summary>
public sealed record ChaosPlan
{
    public required FaultKind Kind { get; init; }
    public int Nodes { get; init; } = 3;

    /// <summary>Calls that are kept up.</summary>
    public int Calls { get; init; } = 60;

    /// <summary>New calls a second, while there are fewer than <see cref="Calls"/>.</summary>
    public double Rate { get; init; } = 2;
    public ChaosTalk Talk { get; init; }

    /// <summary>How long silent calls last.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Kills, or partitions, or rounds of restarts.</summary>
    public int Times { get; init; } = 1;
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A killed node is started again after this.</summary>
    public TimeSpan RestartAfter { get; init; } = TimeSpan.FromSeconds(5);
    public TimeSpan PartitionLasts { get; init; } = TimeSpan.FromSeconds(30);
    public int Seed { get; init; } = 1;
    public required string HostPath { get; init; }

    /// <summary>Folder for the logs of the nodes and the report.</summary>
    public required string Folder { get; init; }

    /// <summary>Loopback addresses even where namespaces could be had.</summary>
    public bool Loopback { get; init; }

    /// <summary>The nodes recognise speech themselves, instead of a recogniser that knows the callers' lines.</summary>
    public bool OwnEngines { get; init; }
    public string LogLevel { get; init; } = "information";
}
