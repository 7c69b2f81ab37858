using System.Text;

namespace OCPlatform.Simulation.Tests.Engine;

internal enum LadderKind
{
    Sent,
    Lost,
    Arrived,
}

/// <summary>
/// What happened, in order: always as a hash, by which two runs of a seed are compared, and as readable lines when asked for (a failing seed is
/// run a second time for that).
/// </summary>
internal sealed class Ladder(World world, bool recording)
{
    private readonly StringBuilder _text = new();

    public ulong Hash { get; private set; } = 14695981039346656037;

    public bool IsRecording => recording;

    public void Add(LadderKind kind, Host from, Host? to, WireMessage message)
    {
        Mix((ulong)world.Now.Ticks);
        Mix(((ulong)kind << 32) | ((ulong)from.Index << 16) | (uint)(to?.Index ?? 99));
        Mix(((ulong)message.Status << 32) | message.CSeqNumber);
        Mix(message.Method);
        if (recording)
        {
            var arrow = kind switch
            {
                LadderKind.Sent => $"{from.Name} ──▶ {to?.Name ?? "nobody"}",
                LadderKind.Lost => $"{from.Name} ──✗ {to?.Name ?? "nobody"}",
                _ => $"{to?.Name} ◀── {from.Name}",
            };
            Line(arrow, message.ToString());
        }
    }

    /// <summary>Between the transaction layer and what is above it.</summary>
    public void Core(Host host, string what, object? detail = null)
    {
        Mix((ulong)world.Now.Ticks);
        Mix((ulong)host.Index);
        Mix(what);
        if (recording)
        {
            Line($"    {host.Name}", detail is null ? what : $"{what} {detail}");
        }
    }

    public void Fault(string what)
    {
        Mix(what);
        if (recording)
        {
            Line("~~~~", what);
        }
    }

    public override string ToString() => _text.ToString();

    private void Line(string left, string right) =>
        _text.Append($"{world.Now.TotalSeconds, 10:0.000}  {left, -22} {right}\n");

    private void Mix(string text)
    {
        foreach (var letter in text)
        {
            Hash = (Hash ^ letter) * 1099511628211;
        }
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 1099511628211;
}
