using System.Text;

namespace OCPlatform.Bench.Fuzz;

/// <summary>What is fed: samples to start from, words and lines that belong to the language, and the code under test.</summary>
internal abstract class FuzzTarget
{
    public abstract string Name { get; }

    public abstract IReadOnlyList<byte[]> Samples { get; }

    /// <summary>Words that mean something where they stand.</summary>
    public abstract IReadOnlyList<byte[]> Words { get; }

    /// <summary>Whole lines with their end; for targets of one line, what may be appended to it.</summary>
    public abstract IReadOnlyList<byte[]> Lines { get; }

    /// <summary>Reads the input and uses what came of it in every way. The name of the error it was refused with; null when it was accepted.</summary>
    /// <exception cref="FuzzFinding">Something that must hold does not. Any other exception is a finding too.</exception>
    public abstract string? Run(ReadOnlySpan<byte> input);

    protected static byte[][] Bytes(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    protected static void Check(bool holds, string what)
    {
        if (!holds)
        {
            throw new FuzzFinding(what);
        }
    }
}

/// <summary>What must hold of any input does not hold of this one.</summary>
internal sealed class FuzzFinding(string what) : Exception(what);
