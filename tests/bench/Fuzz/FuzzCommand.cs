using System.Globalization;

namespace OCPlatform.Bench.Fuzz;

/// <summary><c>fuzz [--target NAME] [--inputs N] [--seed N] [--at N]</c></summary>
internal static class FuzzCommand
{
    private static readonly FuzzTarget[] Targets =
    [
        .. SipFuzz.Targets,
        new SdpFuzzTarget(),
        new SrtpFuzzTarget(),
        new SdesFuzzTarget(),
        new StunFuzzTarget(),
        new DtlsFuzzTarget(),
        new DtlsHandshakeFuzzTarget(),
        new RtpFuzzTarget(),
        new RtcpFuzzTarget(),
    ];

    public static int Run(string[] arguments)
    {
        var options = new Dictionary<string, string>();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (arguments[i] is not ("--target" or "--inputs" or "--seed" or "--at") || i + 1 == arguments.Length)
            {
                return Refuse($"'{arguments[i]}' is not understood, or has no value.");
            }
            options[arguments[i]] = arguments[i + 1];
        }
        if (
            !TryNumber(options, "--inputs", 1_000_000, out var inputs)
            || !TryNumber(options, "--seed", Random.Shared.NextInt64(1, 1_000_000_000), out var seed)
            || !TryNumber(options, "--at", -1, out var at)
        )
        {
            return Refuse("A number is wanted.");
        }
        var targets = options.TryGetValue("--target", out var name)
            ? Targets.Where(t => t.Name == name).ToArray()
            : Targets;
        return targets.Length == 0 ? Refuse($"There is no target '{name}'.") : Run(targets, inputs, seed, at);
    }

    private static int Run(FuzzTarget[] targets, long inputs, long seed, long at)
    {
        var failures = 0;
        foreach (var target in targets)
        {
            var run = new FuzzRun(target, seed);
            FuzzFailure? failure;
            if (at >= 0)
            {
                failure = run.Feed(run.Make(at), at);
                Console.WriteLine(failure is null ? $"{target.Name}: input {at} of seed {seed} is clean." : "");
            }
            else
            {
                var report = run.Run(inputs);
                Console.WriteLine(report);
                failure = report.Failure;
            }
            if (failure is not null)
            {
                Console.WriteLine(failure);
                failures++;
            }
        }
        return failures == 0 ? 0 : 1;
    }

    private static bool TryNumber(Dictionary<string, string> options, string name, long otherwise, out long number)
    {
        number = otherwise;
        return !options.TryGetValue(name, out var text)
            || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static int Refuse(string why)
    {
        Console.Error.WriteLine($"{why} Usage: fuzz [--target NAME] [--inputs N] [--seed N] [--at INPUT]");
        Console.Error.WriteLine($"Targets: {string.Join(", ", Targets.Select(t => t.Name))}");
        return 2;
    }
}
