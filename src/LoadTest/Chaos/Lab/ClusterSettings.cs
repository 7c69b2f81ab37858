using System.Globalization;

namespace OCPlatform.LoadTest.Chaos;

/// <summary>What the nodes of a cluster under test are told.</summary>
public sealed record ClusterSettings
{
    /// <summary>The API's key; the harness is not on the nodes' own machine.</summary>
    public const string ApiKey = "cluster-under-test-0000";

    /// <summary>Called user whose calls are echoed.</summary>
    public const string EchoNumber = "600";

    /// <summary>Called user whose calls are played to, over and over.</summary>
    public const string PlayNumber = "601";

    /// <summary>The built Host.</summary>
    public required string HostPath { get; init; }

    /// <summary>Folder with <c>agents</c> and <c>models</c>; null: the working folder.</summary>
    public string? WorkingFolder { get; init; }

    public string Roles { get; init; } = "[gateway, call, dialog, ai, web]";

    public string LogLevel { get; init; } = "information";

    /// <summary>Further top-level YAML.</summary>
    public string Extra { get; init; } = "";

    /// <summary>Where speech is recognised; null: by each node's own engine.</summary>
    public Uri? Recognizer { get; init; }

    /// <summary>
    /// The agent's voice. Of the embedded ones flite costs some ms a phrase and Kokoro some hundred, which 60 calls on two cores cannot
    /// have.
    /// </summary>
    public string Voice { get; init; } = "flite/slt";

    /// <summary>The agents as they are, but for the voice.</summary>
    internal void CopyAgents(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var agent in Directory.GetFiles(Path.Combine(WorkingFolder ?? ".", "agents"), "*.yaml"))
        {
            var lines = File.ReadAllLines(agent)
                .Select(l => l.StartsWith("voice:", StringComparison.Ordinal) ? $"voice: {Voice}" : l);
            File.WriteAllLines(Path.Combine(folder, Path.GetFileName(agent)), lines);
        }
    }

    /// <summary>The configuration file of one node.</summary>
    /// <param name="folder">Of the node's own files.</param>
    /// <param name="shared">Of files that all nodes share, which a cluster has in one place.</param>
    internal string YamlFor(NodePlace node, INodeNetwork network, string connectionString, string folder, string shared)
    {
        var seeds = string.Join(", ", network.Nodes.Select(n => $"'{n.ClusterAddress}:{n.ClusterPort}'"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            node:
              name: node{node.Number}
              roles: {Roles}
            http:
              bindAddress: {node.Address}
              port: {node.HttpPort}
              apiKeys: [{ApiKey}]
            ai:
              port: {node.AiPort}
            sip:
              bindAddress: {node.Address}
              port: {node.SipPort}
              maxCalls: 5000
              trunks:
                - name: harness
                  direction: inbound
                  addresses: ['{network.HarnessAddress}/32']
              admission:
                overload:
                  latenessHighMs: 1000
                  latenessLowMs: 999
                  cpuHighPercent: 100
                  cpuLowPercent: 99
            media:
              bindAddress: {node.Address}
              portRangeStart: {node.RtpFirst}
              portRangeEnd: {node.RtpLast}
            calls:
              services:
                - number: '{EchoNumber}'
                  kind: echo
                - number: '{PlayNumber}'
                  kind: play
              capture:
                folder: {folder}/captures
            recording:
              folder: {folder}/recordings
            chat:
              tokenKeyFile: {shared}/chat.key
            database:
              provider: postgres
              connectionString: '{connectionString}'
            cluster:
              host: {node.ClusterAddress}
              port: {node.ClusterPort}
              seedNodes: [{seeds}]
            log:
              level: {LogLevel}
              format: json
            speech:
              stt:
                address: '{Recognizer ?? new Uri($"http://127.0.0.1:{node.AiPort}")}'
                model: tiny
                interimIntervalMs: 10000
              tts:
                voice: {Voice}
                cacheDirectory: {shared}/tts-cache
            dialog:
              agentsFolder: {shared}/agents
            {Extra}
            """
        );
    }
}
