using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using OCPlatform.Contracts.Nodes;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Journaling;

/// <summary>Whether this node's journal has been used once, so that no call is the first to. Read by any thread.</summary>
public sealed class JournalWarmth
{
    private volatile bool _isReady;
    private volatile string? _doubt;

    /// <summary>Calls may come: an event has gone all the way, or there is no use in waiting for that.</summary>
    public bool IsReady => _isReady;

    /// <summary>Why it is not known that the journal works; null when it does, or nothing is known yet.</summary>
    public string? Doubt => _doubt;

    /// <param name="doubt">Why it is not known that the journal works; null when it does.</param>
    public void Settle(string? doubt)
    {
        _doubt = doubt;
        _isReady = true;
    }
}

/// <summary>
/// Writes one event at the start, and reads it back: the first use of connections, statements and serialiser takes a second
/// and more on a busy machine, and calls that are lost before their first event is durable are lost for good. A database that
/// is away holds nothing up: what calls do then is decided elsewhere.
/// </summary>
public sealed class JournalWarmUp : ReceiveActor, IWithTimers
{
    public const string Name = "journal-warm-up";

    /// <summary>A start takes as long on a machine that is loaded fifty times over; a node must not stay out for ever.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly string _node;
    private readonly JournalWarmth _warmth;
    private readonly TimeProvider _time;
    private readonly long _startedTicks;
    private IActorRef _writer = ActorRefs.Nobody;

    /// <param name="node">The node's name. Another process under the same name would only cost this one its event.</param>
    public JournalWarmUp(string node, JournalWarmth warmth, TimeProvider time)
    {
        (_node, _warmth, _time) = (node, warmth, time);
        _startedTicks = time.GetTimestamp();
        Receive<JournalMessages.Recovered>(_ => OnRead());
        Receive<JournalMessages.Appended>(_ => Open());
        Receive<JournalMessages.Fenced>(_ => Open());
        Receive<JournalMessages.Away>(away => _warmth.Settle(away.Cause));
        Receive<JournalMessages.Back>(_ => { });
        Receive<JournalMessages.Failed>(failed => GiveUp(failed.Cause));
        Receive<Overdue>(_ => _warmth.Settle($"no answer within {Deadline.TotalSeconds:0} s"));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record Overdue
    {
        public static readonly Overdue Instance = new();
    }

    protected override void PreStart()
    {
        Timers.StartSingleTimer(nameof(Overdue), Overdue.Instance, Deadline);
        WireSerializer.WarmUp();
        _writer = Open();
    }

    private IActorRef Open() => Context.ActorOf(Journal.Props($"node-{_node}"));

    private void OnRead()
    {
        if (Sender.Equals(_writer))
        {
            var started = new NodeEvents.Started(_node, _time.GetUtcNow());
            _writer.Tell(new JournalMessages.Append([started], Cookie: 1));
            return;
        }
        _warmth.Settle(doubt: null);
        _log.Info(
            "The journal took an event and gave it back within {Ms} ms",
            (int)_time.GetElapsedTime(_startedTicks).TotalMilliseconds
        );
        Context.Stop(Self);
    }

    private void GiveUp(string cause)
    {
        _warmth.Settle(cause);
        _log.Error("The journal could not be tried before calls come: {Cause}", cause);
        Context.Stop(Self);
    }
}

/// <summary>Puts the warming of the journal into a node that journals.</summary>
public static class JournalWarmUpHosting
{
    public static IServiceCollection AddJournalWarmth(this IServiceCollection services) =>
        services.AddSingleton<JournalWarmth>();

    /// <param name="node">The node's name.</param>
    public static AkkaConfigurationBuilder AddJournalWarmUp(this AkkaConfigurationBuilder builder, string node) =>
        builder.WithActors(
            (system, _, resolver) => system.ActorOf(resolver.Props<JournalWarmUp>(node), JournalWarmUp.Name)
        );
}
