namespace OCPlatform.Host.Configuration;

/// <summary>The configuration cannot be used. Problems has one line per mistake, each naming place, key and remedy.</summary>
public sealed class ConfigurationException(IReadOnlyList<string> problems)
    : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
