namespace OCPlatform.LoadTest.Chaos;

/// <summary>Everything that a chaos run saw.</summary>
/// <param name="Faults">With their effect on the calls.</param>
/// <param name="StuckCalls">Calls that the platform still held 60 s after the last caller had gone.</param>
/// <param name="CallIds">The platform's id of each SIP Call-ID.</param>
/// <param name="Books">All appointments ever booked.</param>
/// <param name="Owners">Who held each call, by the journal.</param>
/// <param name="Slots">What the callers asked for: the call of index n the slot n, beginning anew after the last.</param>
public sealed record ChaosResult(
    ChaosPlan Plan,
    IReadOnlyList<FaultFigures> Faults,
    LoadResult Load,
    IReadOnlyList<string> StuckCalls,
    IReadOnlyDictionary<string, string> CallIds,
    IReadOnlyList<BookedAppointment> Books,
    IReadOnlyList<CallOwners> Owners,
    IReadOnlyList<Slot> Slots
);

/// <summary>Starts a cluster, keeps calls up, does the faults, and collects what came of it.</summary>
public sealed class ChaosRun(ChaosPlan plan, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan FillDeadline = TimeSpan.FromSeconds(180);

    /// <summary>Within this after the last caller has gone, no call may be left.</summary>
    public static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(60);

    // Everybody is in the middle of a conversation by then.
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(4);

    private readonly IReadOnlyList<Slot> _slots = BookingScripts.SlotsAfter(BookingScripts.Today(time));
    private readonly Dictionary<string, string> _callIds = [];
    private readonly HashSet<string> _over = [];

    /// <exception cref="LabException">The cluster could not be started, or the calls not set up.</exception>
    public async Task<ChaosResult> RunAsync(CancellationToken stop)
    {
        var scripts = await ScriptsAsync(stop);
        var network = await NetworkAsync();
        await using var recognition = await RecognitionAsync(network, scripts);
        say($"network: {network.GetType().Name}, callers at {network.HarnessAddress}; starting {plan.Nodes} nodes");
        await using var cluster = await TestCluster.StartAsync(
            network,
            new ClusterSettings
            {
                HostPath = plan.HostPath,
                LogLevel = plan.LogLevel,
                Recognizer = recognition?.Address,
            },
            plan.Folder,
            ReadyDeadline
        );
        say("all nodes are ready");
        await using var caller = new SyntheticCaller(
            new SyntheticCallerOptions
            {
                Bind = new(network.HarnessAddress, 0),
                Seed = plan.Seed,
                RtpPortStart = 30_000,
                RtpPortEnd = 49_999,
            },
            time
        );
        await caller.WarmUpAsync(stop);
        var population = new Population(caller, LoadPlanOf(cluster, scripts), time, stop);
        var books = new BookingLedger(cluster.Postgres.Database);
        using var looking = new CancellationTokenSource();
        var look = LookAsync(cluster, population, books, looking.Token);
        if (!await population.WaitForAsync(plan.Calls * 9 / 10, FillDeadline))
        {
            say($"only {population.Live.Count} of {plan.Calls} calls are up");
        }
        await Task.Delay(Settle, time, stop);

        var faults = new Faults(cluster, population, new Random(plan.Seed), time, say);
        await DoAsync(faults, stop);
        await Task.Delay(Settle, time, stop);
        say($"no more calls; {population.Live.Count} are going on");
        var load = await population.EndAsync();
        await looking.CancelAsync();
        await look;
        var stuck = await StuckAsync(cluster);
        await ReadCallsAsync(cluster, 1000);
        await KeepRecordsAsync(cluster);
        var calls = load.Calls.ToDictionary(c => c.Index);
        return new ChaosResult(
            plan,
            [.. faults.Done.Select(f => FaultFigures.Of(f, calls))],
            load,
            stuck,
            _callIds,
            plan.Talk == ChaosTalk.Booking ? await books.AllAsync() : [],
            await OwnerLedger.ReadAsync(cluster.Postgres.Database),
            _slots
        );
    }

    private async Task<RecognitionServer?> RecognitionAsync(
        INodeNetwork network,
        IReadOnlyList<CallerScript> scripts
    ) =>
        plan.OwnEngines
            ? null
            : await RecognitionServer.StartAsync(
                new(network.HarnessAddress, 0),
                new LineRecognizer(scripts.SelectMany(s => s.Lines).Select(l => l.Speech).OfType<SpokenLine>())
            );

    private async Task<INodeNetwork> NetworkAsync()
    {
        if (plan.Loopback)
        {
            return new LoopbackNetwork(plan.Nodes);
        }
        try
        {
            return await NamespaceNetwork.CreateAsync(plan.Nodes);
        }
        catch (LabException error)
        {
            say($"no network namespaces ({error.Message}): loopback addresses it is");
            return new LoopbackNetwork(plan.Nodes);
        }
    }

    private LoadPlan LoadPlanOf(TestCluster cluster, IReadOnlyList<CallerScript> scripts)
    {
        var user = plan.Talk == ChaosTalk.Booking ? "frontdesk" : ClusterSettings.PlayNumber;
        return new LoadPlan
        {
            Targets =
            [
                .. cluster.Nodes.Select(n => new CallTarget(
                    Sip.SipUri.Create(user, new System.Net.IPEndPoint(n.Place.Address, n.Place.SipPort))
                )),
            ],
            Rate = plan.Rate,
            MaxConcurrent = plan.Calls,
            Scripts = scripts,
            ScriptsByTurns = true,
            Seed = plan.Seed,
        };
    }

    private async Task<IReadOnlyList<CallerScript>> ScriptsAsync(CancellationToken stop)
    {
        if (plan.Talk == ChaosTalk.Silent)
        {
            return
            [
                new CallerScript
                {
                    Name = "silent",
                    Hold = plan.Hold,
                    Greeting = false,
                    Lines = [new CallerLine { Text = "", Silence = plan.Hold * 2 }],
                },
            ];
        }
        var studio = new ScriptStudio(new FliteVoice(FliteVoice.DefaultCacheFolder));
        var scripts = new List<CallerScript>();
        foreach (var (slot, number) in _slots.Select((slot, number) => (slot, number)))
        {
            scripts.Add(await studio.PrepareAsync(BookingScripts.For(slot, number), "rms", stop));
        }
        return scripts;
    }

    private async Task DoAsync(Faults faults, CancellationToken stop)
    {
        switch (plan.Kind)
        {
            case FaultKind.Kill:
                await faults.KillAsync(plan.Times, plan.Every, plan.RestartAfter, stop);
                break;
            case FaultKind.Rolling:
                for (var round = 0; round < plan.Times; round++)
                {
                    await faults.RollAsync(plan.RestartAfter, stop);
                }
                break;
            default:
                for (var split = 0; split < plan.Times; split++)
                {
                    await faults.SplitAsync(plan.PartitionLasts, stop);
                    await Task.Delay(Settle, time, stop);
                }
                break;
        }
    }

    /// <summary>Once in a while: who is live, who is over, and the slots of those are free again.</summary>
    private async Task LookAsync(
        TestCluster cluster,
        Population population,
        BookingLedger books,
        CancellationToken stop
    )
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, time, stop);
                await ReadCallsAsync(cluster, 200);
                if (plan.Talk == ChaosTalk.Booking)
                {
                    await books.FreeAsync(_over.Contains);
                }
                var live = await Task.WhenAll(cluster.Nodes.Select(n => n.LiveCallsAsync()));
                var failed = population.Ended.Count(c => c.Failed);
                say(
                    $"callers {population.Live.Count}, platform {string.Join('+', live.Select(n => n?.ToString() ?? "–"))}; ended {population.Ended.Count}, failed {failed}"
                );
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested) { }
    }

    private async Task ReadCallsAsync(TestCluster cluster, int limit)
    {
        foreach (var node in cluster.Nodes.Where(n => n.IsRunning))
        {
            if (await node.GetJsonAsync($"/api/calls?limit={limit}") is not { } json)
            {
                continue;
            }
            foreach (var call in json.GetProperty("calls").EnumerateArray())
            {
                var id = call.GetProperty("id").GetString()!;
                _callIds[call.GetProperty("sipCallId").GetString()!] = id;
                if (call.GetProperty("state").GetString() == "ended")
                {
                    _over.Add(ConversationOf(id));
                }
            }
            return;
        }
    }

    /// <summary>The platform's own records beside the logs, for whoever asks what went wrong.</summary>
    private async Task KeepRecordsAsync(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes.Where(n => n.IsRunning))
        {
            if (await node.GetJsonAsync("/api/calls?limit=1000") is { } json)
            {
                await File.WriteAllTextAsync(Path.Combine(plan.Folder, "calls.json"), json.GetRawText());
                return;
            }
        }
    }

    /// <summary>A voice conversation has its call's id with another first letter.</summary>
    internal static string ConversationOf(string callId) => "v" + callId[1..];

    private async Task<IReadOnlyList<string>> StuckAsync(TestCluster cluster)
    {
        var start = time.GetTimestamp();
        List<string> left;
        do
        {
            await Task.Delay(LookEvery / 4, time);
            left = [];
            foreach (var node in cluster.Nodes.Where(n => n.IsRunning))
            {
                if (await node.LiveCallsAsync() is { } media and > 0)
                {
                    left.Add($"{node.Name}: media of {media}");
                }
            }
            var records = await LiveRecordsAsync(cluster);
            left.AddRange(records ?? ["no node answers /api/calls"]);
        } while (left.Count > 0 && time.GetElapsedTime(start) < StuckAfter);
        return left;
    }

    private static async Task<IEnumerable<string>?> LiveRecordsAsync(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes.Where(n => n.IsRunning))
        {
            if (await node.GetJsonAsync("/api/calls?live=true&limit=1000") is { } json)
            {
                return json.GetProperty("calls")
                    .EnumerateArray()
                    .Select(call => call.GetProperty("id").GetString() + " " + call.GetProperty("state").GetString())
                    .ToList();
            }
        }
        return null;
    }
}
