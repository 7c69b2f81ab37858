namespace OCPlatform.Bench.Fuzz;

internal static class FuzzCommand
{
    public static int Run(string[] arguments) => 0;
}
