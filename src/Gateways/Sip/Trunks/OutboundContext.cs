using System.Globalization;
using System.Net;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Gateways.Sip.Subscriptions;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>Who waits for what comes of a client transaction.</summary>
internal interface ITransactionOwner
{
    void OnResponse(SipTransactionId transaction, SipResponse response);

    void OnOver(SipTransactionId transaction, SipTransactionEnd end);
}

/// <summary>Who waits for a name to be resolved, or for a time to come. A step that is past is told by its number and ignored.</summary>
internal interface IOutboundRequest
{
    void OnResolved(int step, IReadOnlyList<SipDestination> destinations, string? error);

    void OnDeadline(int step);
}

/// <summary>Who asked for a request, and under which name it wants to hear of it.</summary>
internal sealed record OutboundCaller(CallId CallId, string RequestKey, IActorRef Actor);

/// <summary>What the requests of a gateway share. Used on the gateway's actor alone.</summary>
internal sealed class OutboundContext(
    IActorRef gateway,
    ITimerScheduler timers,
    Func<SipEndpoint> endpoint,
    Action<IPAddress> expect,
    SipGatewayOptions options,
    TrunkBoard board,
    OutboundServices services,
    CallStates states,
    TimeProvider time,
    ILoggingAdapter log
)
{
    private readonly Dictionary<SipTransactionId, ITransactionOwner> _owners = [];
    private readonly Dictionary<string, DigestClient> _digests = [];

    /// <summary>A name was resolved, or could not be.</summary>
    public sealed record Resolved(
        IOutboundRequest Request,
        int Step,
        IReadOnlyList<SipDestination> Destinations,
        string? Error
    ) : INoSerializationVerificationNeeded;

    /// <summary>A deadline has come.</summary>
    public sealed record Due(IOutboundRequest Request, int Step) : INoSerializationVerificationNeeded;

    public OutboundOptions Options { get; } = options.Outbound;

    public TrunkBoard Board { get; } = board;

    public OutboundGuards Guards { get; } = new(services.Spend, board.SetCallsOut);

    public OutboundRoutes Routes { get; } =
        new(board.Trunks, options.Outbound, services.Registrations, board.Health.DownCause, Random.Shared);

    public ILoggingAdapter Log { get; } = log;

    /// <summary>Who watches this node's calls hears of those that are placed too.</summary>
    public CallStates States { get; } = states;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Transactions whose outcome somebody waits for.</summary>
    public int Open => _owners.Count;

    /// <summary>Answers challenges of the trunk; one for all its requests, so that its nonces are used again. Null without credentials.</summary>
    public DigestClient? DigestOf(TrunkSettings? trunk)
    {
        if (trunk?.Credentials is not { } credentials)
        {
            return null;
        }
        if (!_digests.TryGetValue(trunk.Name, out var digest))
        {
            _digests[trunk.Name] = digest = new DigestClient(credentials);
        }
        return digest;
    }

    /// <summary>Our address as the destination can reach it; null when no transport of ours leads there.</summary>
    public IPEndPoint? LocalFor(SipDestination destination)
    {
        try
        {
            return endpoint().AdvertisedFor(destination);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Sends in a client transaction of the owner. Null when it could not be sent at all.</summary>
    /// <param name="prepared">Told after the Via is there and before anything can come back.</param>
    public SipTransactionId? Send(
        SipRequest request,
        SipDestination destination,
        ITransactionOwner owner,
        Action? prepared = null
    )
    {
        if (_owners.Count >= Options.MaxPending)
        {
            return null;
        }
        try
        {
            var transaction = endpoint().Prepare(request, destination);
            _owners[transaction] = owner;
            expect(destination.EndPoint.Address);
            prepared?.Invoke();
            if (endpoint().SendRequest(request, destination) is not null)
            {
                return transaction;
            }
            _owners.Remove(transaction);
            return null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>What comes of the transaction from now on is the new owner's; without one, nobody's.</summary>
    public void HandOver(SipTransactionId transaction, ITransactionOwner? owner)
    {
        if (owner is null)
        {
            _owners.Remove(transaction);
        }
        else if (_owners.ContainsKey(transaction))
        {
            _owners[transaction] = owner;
        }
    }

    public void Cancel(SipTransactionId invite) => endpoint().Cancel(invite);

    public void SendStateless(SipMessage message, SipDestination destination)
    {
        expect(destination.EndPoint.Address);
        try
        {
            endpoint().SendStateless(message, destination);
        }
        catch (ArgumentException)
        {
            Log.Warning("Nothing leads to {Destination}: a message was not sent", destination);
        }
    }

    public bool OnResponse(SipTransactionId transaction, SipResponse response)
    {
        if (!_owners.TryGetValue(transaction, out var owner))
        {
            return false;
        }
        owner.OnResponse(transaction, response);
        return true;
    }

    public bool OnOver(SipTransactionId transaction, SipTransactionEnd end)
    {
        if (!_owners.Remove(transaction, out var owner))
        {
            return false;
        }
        owner.OnOver(transaction, end);
        return true;
    }

    /// <summary>Resolves within the option's time; the answer comes to the request as <see cref="Resolved"/>.</summary>
    public void Resolve(SipUri uri, IOutboundRequest request, int step) =>
        ResolveAsync(uri, request, step).PipeTo(gateway);

    public void Deadline(IOutboundRequest request, int step, int milliseconds) =>
        timers.StartSingleTimer(request, new Due(request, step), TimeSpan.FromMilliseconds(milliseconds));

    public void NoDeadline(IOutboundRequest request) => timers.Cancel(request);

    public void TellSent(OutboundCaller caller, SipRequest request, SipDestination destination, TrunkSettings? trunk)
    {
        var path = new SipPath(
            destination.Transport,
            destination.EndPoint.ToString(),
            LocalFor(destination)?.ToString() ?? ""
        );
        caller.Actor.Tell(
            new SipGatewayEvents.RequestSent(
                caller.CallId,
                caller.RequestKey,
                request.ToBytes(),
                path,
                trunk?.Name,
                Now,
                trunk?.Options.AllowReferrals ?? true,
                trunk?.Media
            ),
            gateway
        );
    }

    public void TellResponse(OutboundCaller caller, SipResponse response) =>
        caller.Actor.Tell(
            new SipGatewayEvents.ResponseArrived(caller.CallId, caller.RequestKey, response.ToBytes(), Now),
            gateway
        );

    public void TellFailed(OutboundCaller caller, string cause, SendFailure failure) =>
        caller.Actor.Tell(
            new SipGatewayEvents.RequestFailed(caller.CallId, caller.RequestKey, cause, Now, failure),
            gateway
        );

    private async Task<Resolved> ResolveAsync(SipUri uri, IOutboundRequest request, int step)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(Options.ResolveMs), time);
        try
        {
            var location = await services.Resolve!(uri, stop.Token).WaitAsync(stop.Token);
            return new Resolved(
                request,
                step,
                location.Destinations,
                location.Destinations.Count == 0 ? location.Problem ?? $"{uri.Host} has no address" : null
            );
        }
        catch (OperationCanceledException)
        {
            var seconds = (Options.ResolveMs / 1000.0).ToString(CultureInfo.InvariantCulture);
            return new Resolved(request, step, [], $"{uri.Host} was not resolved within {seconds} s");
        }
        catch (Exception error)
        {
            return new Resolved(request, step, [], $"{uri.Host} could not be resolved: {error.Message}");
        }
    }
}
