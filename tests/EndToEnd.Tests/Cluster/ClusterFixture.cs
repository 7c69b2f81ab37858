using System.Net;
using OCPlatform.LoadTest;
using OCPlatform.LoadTest.Chaos;
using OCPlatform.Sip;

namespace OCPlatform.EndToEnd.Tests.Cluster;

/// <summary>Three Host processes, each on its own loopback address, with a PostgreSQL; callers that go to whichever takes them.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(120);

    private TestCluster? _cluster;
    private RecognitionServer? _recognition;

    public TestCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not started.");

    /// <summary>Conversations that book an appointment each, at a time of its own.</summary>
    public IReadOnlyList<CallerScript> Bookings { get; private set; } = [];

    public IReadOnlyList<Slot> Slots { get; } =
    [.. BookingScripts.SlotsAfter(BookingScripts.Today(TimeProvider.System)).Take(6)];

    public SyntheticCaller Caller { get; } = new(new SyntheticCallerOptions { RtpPortStart = FreePorts.Take(400) });

    public async Task InitializeAsync()
    {
        var studio = new ScriptStudio(new FliteVoice(FliteVoice.DefaultCacheFolder));
        var scripts = new List<CallerScript>();
        foreach (var (slot, number) in Slots.Select((slot, number) => (slot, number)))
        {
            var scenario = BookingScripts.For(slot, number);
            // Without the question before it: the test is about what comes after a crash.
            scripts.Add(await studio.PrepareAsync(scenario with { Lines = [.. scenario.Lines.Skip(1)] }, "rms"));
        }
        Bookings = scripts;
        _recognition = await RecognitionServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0),
            new LineRecognizer(scripts.SelectMany(s => s.Lines).Select(l => l.Speech!))
        );
        _cluster = await TestCluster.StartAsync(
            new LoopbackNetwork(3, FreePorts.Take),
            new ClusterSettings
            {
                HostPath = Repository.OutputOf("Host"),
                WorkingFolder = Repository.Root,
                Recognizer = _recognition.Address,
            },
            Path.Combine(Repository.Root, "TestResults", "host", "cluster"),
            ReadyWithin
        );
    }

    public async Task DisposeAsync()
    {
        await Caller.DisposeAsync();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        if (_recognition is not null)
        {
            await _recognition.DisposeAsync();
        }
    }

    /// <summary>Every node takes calls.</summary>
    public Task WhenWholeAsync() => Task.WhenAll(Cluster.Nodes.Select(n => n.WaitUntilReadyAsync(ReadyWithin)));

    /// <summary>A call to the user at one of the nodes, at the next ones if it does not take it.</summary>
    public CallerRequest RequestFor(int index, string user)
    {
        var targets = Cluster
            .Nodes.Select(n => new CallTarget(SipUri.Create(user, new IPEndPoint(n.Place.Address, n.Place.SipPort))))
            .ToList();
        var first = index % targets.Count;
        return new CallerRequest
        {
            Index = index,
            Target = targets[first].Uri,
            Alternatives = [.. targets.Skip(first + 1), .. targets.Take(first)],
        };
    }
}
