using System.Net;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>
/// A phone without a voice: places and takes calls over one endpoint, hundreds at once. All state lives on the endpoint's loop; methods are
/// thread-safe, callbacks run on the loop and must not block, tasks complete elsewhere.
/// </summary>
public sealed class SipUserAgent : ISipHandler, IAsyncDisposable
{
    /// <summary>What it understands, for Allow.</summary>
    public const string AllowedMethods =
        "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, NOTIFY, SUBSCRIBE, REFER";

    private readonly Dictionary<string, SipCall> _calls = [];
    private readonly Dictionary<SipTransactionId, SipCall> _invites = [];
    private int _callCount;
    private int _nextRequest;

    public SipUserAgent(SipUserAgentOptions options, IReadOnlyList<ISipTransport> transports, TimeProvider? time = null)
    {
        Options = options;
        Time = time ?? TimeProvider.System;
        Endpoint = new SipEndpoint(options.Endpoint, transports, this, time);
        SessionOptions = options.Session with { Timers = options.Endpoint.Timers, Product = options.Product };
        Requests = new RequestSender(this);
    }

    /// <summary>One UDP socket; port 0 takes a free one.</summary>
    public static SipUserAgent OverUdp(
        IPEndPoint bind,
        SipUserAgentOptions? options = null,
        TimeProvider? time = null
    ) => new(options ?? new(), [new UdpTransport(new UdpTransportOptions { Bind = bind })], time);

    public SipUserAgentOptions Options { get; }

    public SipEndpoint Endpoint { get; }

    /// <summary>Calls that have not ended.</summary>
    public int CallCount => Volatile.Read(ref _callCount);

    /// <summary>The bound address of the first transport.</summary>
    public IPEndPoint LocalEndPoint => Endpoint.Transports[0].LocalEndPoint;

    internal TimeProvider Time { get; }

    internal SipSessionOptions SessionOptions { get; }

    internal RequestSender Requests { get; }

    /// <summary>Binds the transports; calls and requests can come and go from then on.</summary>
    public void Start() => Endpoint.Start();

    public ValueTask DisposeAsync() => Endpoint.DisposeAsync();

    /// <summary>Places a call. It is returned at once; <see cref="SipCall.Answered"/> tells what became of it.</summary>
    /// <exception cref="ArgumentException">The target is a host name and no destination is given.</exception>
    public SipCall Call(SipCallRequest request)
    {
        var destination =
            request.Destination
            ?? SipDestination.FromUri(request.Target)
            ?? throw new ArgumentException(
                "The target has no IP address, and no destination is given.",
                nameof(request)
            );
        var call = SipCall.CreateOutgoing(this, request, destination);
        if (!Endpoint.Post(call.Start))
        {
            call.Refuse();
        }
        return call;
    }

    /// <summary>
    /// Sends a request outside any dialog (OPTIONS, REGISTER, MESSAGE …), answers one digest challenge, and gives the final response; null when
    /// none came within the deadline (at most 64*T1) or it could not be sent.
    /// </summary>
    public async Task<SipResponse?> SendAsync(
        SipRequest request,
        SipDestination destination,
        TimeSpan deadline,
        CancellationToken stop = default
    )
    {
        var lone = new LoneRequest();
        var digest = Options.Credentials is { } c ? new DigestClient(c) : null;
        var key = $"lone-{Interlocked.Increment(ref _nextRequest)}";
        if (!Endpoint.Post(() => Requests.Send(lone, key, request, destination, digest)))
        {
            return null;
        }
        try
        {
            return await lone.Result.WaitAsync(deadline, Time, stop);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Our Contact URI as a peer there can reach it.</summary>
    public SipUri ContactFor(SipDestination destination)
    {
        var contact = SipUri.Create(Options.User, Endpoint.AdvertisedFor(destination));
        return destination.Transport == "UDP"
            ? contact
            : contact with
            {
                Parameters = SipParameters.Empty.With("transport", destination.Transport.ToLowerInvariant()),
            };
    }

    /// <summary>Room for one more call; false at the limit.</summary>
    internal bool HasRoom => _calls.Count < Options.MaxCalls;

    internal void Add(SipCall call)
    {
        _calls[call.Key] = call;
        Volatile.Write(ref _callCount, _calls.Count);
    }

    internal void Remove(SipCall call, string? invite)
    {
        _calls.Remove(call.Key);
        if (invite is not null)
        {
            _invites.Remove(new SipTransactionId(invite));
        }
        Volatile.Write(ref _callCount, _calls.Count);
    }

    /// <summary>Sends an ACK; where no transport of ours leads it is lost, as on the network.</summary>
    internal void SendStateless(SipRequest ack, SipDestination destination)
    {
        try
        {
            Endpoint.SendStateless(ack, destination);
        }
        catch (ArgumentException)
        {
            // A peer's Contact may name a transport that we do not have; its BYE or the lack of an ACK ends the call.
        }
    }

    internal static string KeyOf(string callId, string? localTag) => $"{callId}|{localTag}";

    void ISipHandler.OnRequest(SipServerRequest incoming)
    {
        var request = incoming.Request;
        if (request.To.Tag is { } localTag)
        {
            if (_calls.TryGetValue(KeyOf(request.CallId, localTag), out var call))
            {
                call.OnRequest(incoming);
            }
            else
            {
                Answer(incoming, SipStatus.CallDoesNotExist);
            }
            return;
        }
        switch (request.Method)
        {
            case SipMethod.Invite:
                OnNewInvite(incoming);
                break;
            case SipMethod.Options:
                AnswerOptions(incoming);
                break;
            default:
                Answer(incoming, SipStatus.MethodNotAllowed);
                break;
        }
    }

    void ISipHandler.OnCancel(SipTransactionId invite, SipRequest cancel)
    {
        if (_invites.TryGetValue(invite, out var call))
        {
            call.OnCancelled(invite, cancel);
        }
    }

    void ISipHandler.OnResponse(SipTransactionId client, SipResponse response) => Requests.OnResponse(client, response);

    void ISipHandler.OnTransactionEnded(SipTransactionId id, SipTransactionEnd end)
    {
        _invites.Remove(id);
        Requests.OnEnded(id, end);
    }

    private void AnswerOptions(SipServerRequest incoming) => Answer(incoming, SipStatus.Ok);

    private void Answer(SipServerRequest incoming, int status)
    {
        if (incoming.TransactionId is { } id)
        {
            Respond(id, SipResponse.Create(incoming.Request, status));
        }
    }

    private void Respond(SipTransactionId id, SipResponse response)
    {
        if (response.StatusCode is SipStatus.MethodNotAllowed or SipStatus.Ok)
        {
            response.Headers.Add(SipHeaderId.Allow, AllowedMethods);
        }
        response.Headers.Add(SipHeaderId.Server, Options.Product);
        Endpoint.Respond(id, response);
    }

    private void OnNewInvite(SipServerRequest incoming)
    {
        if (Options.OnIncomingCall is not { } onIncomingCall)
        {
            Answer(incoming, SipStatus.TemporarilyUnavailable);
            return;
        }
        if (!HasRoom)
        {
            Answer(incoming, SipStatus.BusyHere);
            return;
        }
        if (SipCall.CreateIncoming(this, incoming, out var refusal) is not { } call)
        {
            Endpoint.Respond(incoming.TransactionId!.Value, refusal!);
            return;
        }
        Add(call);
        _invites[incoming.TransactionId!.Value] = call;
        onIncomingCall(call);
        call.Start();
    }
}
