using System.Collections.Frozen;

namespace OCPlatform.Dialog.Agents;

/// <summary>The agents of this platform, read once at start.</summary>
public sealed class AgentCatalogue
{
    private readonly FrozenDictionary<string, AgentDefinition> _agents;

    public AgentCatalogue(IEnumerable<AgentDefinition> agents) =>
        _agents = agents.ToFrozenDictionary(agent => agent.Name, StringComparer.OrdinalIgnoreCase);

    public IEnumerable<AgentDefinition> All => _agents.Values;

    /// <summary>The agent of this name; null when there is none.</summary>
    public AgentDefinition? Find(string name) => _agents.GetValueOrDefault(name);

    /// <summary>Reads every *.yaml of a folder.</summary>
    /// <exception cref="AgentDefinitionException">With every fault of every file, or because there is no agent.</exception>
    public static AgentCatalogue Load(string folder, IReadOnlyCollection<string> tools)
    {
        var problems = new List<string>();
        var agents = new Dictionary<string, AgentDefinition>(StringComparer.OrdinalIgnoreCase);
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.yaml") : [];
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            try
            {
                var agent = AgentYaml.Parse(file, File.ReadAllText(file), tools);
                if (!agents.TryAdd(agent.Name, agent))
                {
                    problems.Add($"{file}:1:1: another file has an agent named '{agent.Name}' already");
                }
            }
            catch (AgentDefinitionException e)
            {
                problems.AddRange(e.Problems);
            }
        }
        if (files.Length == 0)
        {
            problems.Add($"{folder}: no agent (*.yaml) is there; dialog.agentsFolder names the place");
        }
        return problems.Count > 0 ? throw new AgentDefinitionException(problems) : new AgentCatalogue(agents.Values);
    }
}
