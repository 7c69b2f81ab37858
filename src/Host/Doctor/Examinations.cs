using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using OCPlatform.AiAdapters.Models;
using OCPlatform.Contracts.Persistence;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Tools;
using OCPlatform.Host.Configuration;
using OCPlatform.Media.Codecs;

namespace OCPlatform.Host.Doctor;

public delegate Task<Finding> Examination(PlatformOptions options, CancellationToken cancellation);

/// <summary>What the doctor looks at, one method each. They change nothing but to make an empty database, and end within seconds.</summary>
public static class Examinations
{
    /// <summary>Where Debian's pocketsphinx-en-us puts the CMU dictionary.</summary>
    private const string PhonemeDictionary = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict";

    public static IReadOnlyList<Examination> All { get; } =
    [
        ConfigurationAsync,
        SipPortAsync,
        HttpPortAsync,
        AiPortAsync,
        DatabaseAsync,
        ModelsAsync,
        VoicesAsync,
        CodecsAsync,
        AgentsAsync,
        WebPageAsync,
        ApiKeysAsync,
    ];

    private static Task<Finding> ConfigurationAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(new Finding(Grade.Good, "configuration", "every key and value is good"));

    private static Task<Finding> HttpPortAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(Tcp("http.port", options.Http.BindAddress, options.Http.Port));

    private static Task<Finding> AiPortAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(Tcp("ai.port", "127.0.0.1", options.Ai.Port));

    private static Task<Finding> SipPortAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(
            Bind(
                "sip.port",
                options.Sip.BindAddress,
                options.Sip.Port,
                SocketType.Dgram,
                $"ss -lunp 'sport = :{options.Sip.Port}' names who has it"
            )
        );

    private static Task<Finding> ModelsAsync(PlatformOptions options, CancellationToken cancellation)
    {
        var store = new ModelStore(options.Speech.ModelsDirectory);
        if (!store.IsComplete())
        {
            return Task.FromResult(
                new Finding(Grade.Wrong, "models", $"{store.Directory} is not complete", "./ocp models fetch")
            );
        }
        var faults = ModelFetchCommand.Doctor(store);
        return Task.FromResult(
            faults.Count == 0
                ? new Finding(Grade.Good, "models", $"complete in {store.Directory}, every file as it should be")
                : new Finding(
                    Grade.Wrong,
                    "models",
                    string.Join(" ", faults),
                    $"rm -r {store.Directory} && ./ocp models fetch"
                )
        );
    }

    private static Task<Finding> VoicesAsync(PlatformOptions options, CancellationToken cancellation)
    {
        if (!NativeLibrary.TryLoad("libflite.so.1", out _))
        {
            return Task.FromResult(
                new Finding(
                    Grade.Wrong,
                    "voices",
                    "flite, the fallback voice, is missing",
                    "apt-get install -y libflite1"
                )
            );
        }
        if (NativeLibrary.TryLoad("libespeak-ng.so.1", out _))
        {
            return Task.FromResult(new Finding(Grade.Good, "voices", "flite, and Kokoro with espeak-ng's phonemes"));
        }
        return Task.FromResult(
            File.Exists(PhonemeDictionary)
                ? new Finding(
                    Grade.Advice,
                    "voices",
                    "flite, and Kokoro with phonemes from a dictionary; espeak-ng's make it sound more natural",
                    "apt-get install -y libespeak-ng1 (GPL-3)"
                )
                : new Finding(
                    Grade.Advice,
                    "voices",
                    "flite alone: Kokoro has no phonemes",
                    "apt-get install -y pocketsphinx-en-us"
                )
        );
    }

    private static Task<Finding> CodecsAsync(PlatformOptions options, CancellationToken cancellation)
    {
        var missing = options.Calls.Codecs.Where(codec => !AudioCodecFactory.IsAvailable(codec)).ToList();
        return Task.FromResult(
            missing.Count == 0
                ? new Finding(
                    Grade.Good,
                    "codecs",
                    string.Join(", ", options.Calls.Codecs.Select(c => c.EncodingName()))
                )
                : new Finding(
                    Grade.Advice,
                    "codecs",
                    "calls do without Opus: the system has no libopus.so.0",
                    "apt-get install -y libopus0"
                )
        );
    }

    private static Task<Finding> AgentsAsync(PlatformOptions options, CancellationToken cancellation)
    {
        try
        {
            var agents = AgentCatalogue.Load(options.Dialog.AgentsFolder, ToolBox.BuiltIn);
            var names = string.Join(", ", agents.All.Select(agent => agent.Name));
            var unknown = new[] { options.Dialog.DefaultAgent, options.Calls.Agent, options.Chat.Agent }
                .Where(name => agents.Find(name) is null)
                .Distinct()
                .ToList();
            return Task.FromResult(
                unknown.Count == 0
                    ? new Finding(Grade.Good, "agents", names)
                    : new Finding(
                        Grade.Wrong,
                        "agents",
                        $"there is no agent '{string.Join("', '", unknown)}'; there are: {names}",
                        "correct dialog.defaultAgent, calls.agent or chat.agent"
                    )
            );
        }
        catch (AgentDefinitionException e)
        {
            return Task.FromResult(
                new Finding(
                    Grade.Wrong,
                    "agents",
                    string.Join(" ", e.Problems),
                    $"correct {options.Dialog.AgentsFolder}"
                )
            );
        }
    }

    private static async Task<Finding> DatabaseAsync(PlatformOptions options, CancellationToken cancellation)
    {
        var place = options.Database.Provider == DatabaseProvider.Sqlite ? options.Database.Path : "PostgreSQL";
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(TimeSpan.FromSeconds(5));
            await using var connection = await new Database(options.Database).OpenAsync(deadline.Token);
            return new Finding(Grade.Good, "database", $"{place} opens (version {connection.ServerVersion})");
        }
        catch (Exception e)
        {
            var remedy =
                options.Database.Provider == DatabaseProvider.Sqlite
                    ? $"make {Path.GetFullPath(place)} writable for this user, or set database.path"
                    : "check database.connectionString (OCP_DATABASE_CONNECTION_STRING) and that the server runs";
            return new Finding(Grade.Wrong, "database", $"{place} does not open: {e.Message}", remedy);
        }
    }

    private static Task<Finding> WebPageAsync(PlatformOptions options, CancellationToken cancellation) =>
        Task.FromResult(
            File.Exists(Path.Combine(options.Http.WebFolder, "index.html"))
                ? new Finding(Grade.Good, "web page", $"built in {options.Http.WebFolder}")
                : new Finding(
                    Grade.Advice,
                    "web page",
                    $"{options.Http.WebFolder} has no index.html; the platform runs without the page",
                    "./ocp up builds it, or: cd web && npm ci && npm run build"
                )
        );

    private static Task<Finding> ApiKeysAsync(PlatformOptions options, CancellationToken cancellation)
    {
        var open = !IPAddress.TryParse(options.Http.BindAddress, out var address) || !IPAddress.IsLoopback(address);
        return Task.FromResult(
            open && options.Http.ApiKeys.Count == 0
                ? new Finding(
                    Grade.Advice,
                    "API keys",
                    $"the web side listens on {options.Http.BindAddress} and no key is set: only this machine may use /api",
                    "set http.apiKeys (OCP_HTTP_API_KEYS), for example to the output of: openssl rand -hex 24"
                )
                : new Finding(
                    Grade.Good,
                    "API keys",
                    open ? $"{options.Http.ApiKeys.Count} set" : "not needed on loopback"
                )
        );
    }

    private static Finding Tcp(string key, string bindAddress, int port) =>
        Bind(key, bindAddress, port, SocketType.Stream, $"ss -ltnp 'sport = :{port}' names who has it");

    private static Finding Bind(string key, string bindAddress, int port, SocketType type, string who)
    {
        if (!IPAddress.TryParse(bindAddress, out var address))
        {
            return new Finding(Grade.Wrong, key, $"'{bindAddress}' is no IP address", "set its bindAddress to one");
        }
        using var socket = new Socket(address.AddressFamily, type, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return new Finding(Grade.Good, key, $"{bindAddress}:{port} is free");
        }
        catch (SocketException e)
        {
            return Taken(key, $"{bindAddress}:{port}", e, who);
        }
    }

    private static Finding Taken(string key, string place, SocketException e, string who) =>
        e.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => new Finding(
                Grade.Advice,
                key,
                $"{place} is taken, by a running platform or by something else",
                $"{who}; set {key} to another port"
            ),
            SocketError.AddressNotAvailable => new Finding(
                Grade.Wrong,
                key,
                $"{place} is not an address of this machine",
                "ip address lists those it has"
            ),
            SocketError.AccessDenied => new Finding(
                Grade.Wrong,
                key,
                $"this user may not listen on {place}",
                $"set {key} to a port from 1024 up"
            ),
            _ => new Finding(Grade.Wrong, key, $"{place} cannot be opened: {e.Message}"),
        };
}
