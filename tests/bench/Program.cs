using OCPlatform.Bench;
using OCPlatform.Bench.Calls;
using OCPlatform.Bench.Cluster;
using OCPlatform.Bench.Dsp;
using OCPlatform.Bench.Fuzz;
using OCPlatform.Bench.Jitter;
using OCPlatform.Bench.Media;
using OCPlatform.Bench.Recording;
using OCPlatform.Bench.Sip;

// A topic is a name, what it measures, and a run that prints its own table.
Topic[] topics =
[
    new("dsp", "resampling, mixing and metering of sound", DspBench.Run),
    new("sip", "parsing, writing, routing and transactions of SIP messages", SipBench.Run),
    new("calls", "set-up and tear-down of calls by the whole platform: [CALLS A SECOND]", CallSetUpBench.Run),
    new("cluster", "a cluster's set-ups a second, and the gap after a kill: [setup|takeover]", ClusterBench.Run),
    new("jitter", "the adaptive jitter buffer against fixed ones over traces: [SEED]", JitterBench.Run),
    new("media", "calls per core with their media: --quick, --serve and more", MediaBench.Run),
    new("tones", "DTMF and fax tones: false in speech, missed, cost: [MINUTES] [FOLDER OF SPEECH]", ToneBench.Run),
    new("srtp", "protection of media packets, by suite", SrtpBench.Run),
    new("recording", "what recording calls costs: [CALLS] [SECONDS]", RecordingBench.Run),
    new("fuzz", "long runs of mutated input: --inputs N --seed N --target NAME", FuzzCommand.Run),
];

var topic = Array.Find(topics, t => t.Name == args.FirstOrDefault());
if (topic is null)
{
    var asked = args.Length == 0 ? "No topic was given." : $"There is no topic '{args[0]}'.";
    Console.Error.WriteLine($"{asked} Topics:");
    foreach (var known in topics)
    {
        Console.Error.WriteLine($"  {known.Name, -9} {known.Purpose}");
    }
    return 2;
}
return topic.Run(args[1..]);

internal sealed record Topic(string Name, string Purpose, Func<string[], int> Run);
