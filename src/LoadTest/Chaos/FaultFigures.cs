namespace OCPlatform.LoadTest.Chaos;

/// <summary>What a fault did to the calls on the node. Times in ms.</summary>
public sealed record FaultFigures
{
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(30);

    public required Fault Fault { get; init; }

    /// <summary>Victims that ended well, or were still well when the run was stopped.</summary>
    public required int Continued { get; init; }

    /// <summary>Victims that failed, by cause.</summary>
    public required IReadOnlyDictionary<string, int> Lost { get; init; }

    /// <summary>Victims whose audio never moved and that ended all the same: their caller hung up meanwhile.</summary>
    public required int EndedMeanwhile { get; init; }

    /// <summary>Of the victims that moved: the time without a packet.</summary>
    public required Summary? Gap { get; init; }

    /// <summary>Of those whose agent was speaking.</summary>
    public required Summary? SpeechGap { get; init; }

    /// <summary>How long packets of the old owner came after the move.</summary>
    public required Summary? Stranger { get; init; }

    /// <summary>The gaps themselves.</summary>
    public required IReadOnlyList<double> Gaps { get; init; }

    public static FaultFigures Of(Fault fault, IReadOnlyDictionary<int, CallMeasurement> calls)
    {
        var victims = fault.Victims.Select(index => calls[index]).ToList();
        var until = fault.Until + After;
        var moves = victims
            .Select(call => call.Continuity.Moves.FirstOrDefault(m => m.At >= fault.At - Before && m.At <= until))
            .OfType<CallMove>()
            .ToList();
        var failed = victims.Where(v => v.Failed).ToList();
        return new FaultFigures
        {
            Fault = fault,
            Continued = victims.Count - failed.Count,
            Lost = failed.GroupBy(c => c.Cause ?? c.Outcome.ToString()).ToDictionary(g => g.Key, g => g.Count()),
            EndedMeanwhile = victims.Count - failed.Count - moves.Count,
            Gaps = [.. moves.Select(m => m.Gap.TotalMilliseconds)],
            Gap = Of(moves.Select(m => m.Gap)),
            SpeechGap = Of(moves.Select(m => m.SpeechGap).OfType<TimeSpan>()),
            Stranger = Of(moves.Select(m => m.StrangerLasted)),
        };
    }

    private static Summary? Of(IEnumerable<TimeSpan> times) =>
        Summary.Of(times.Select(t => t.TotalMilliseconds))?.Rounded();
}
