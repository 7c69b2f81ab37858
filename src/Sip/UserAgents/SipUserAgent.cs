using System.Net;
using OCPlatform.Sip.Authentication;
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
    public const string AllowedMethods = "INVITE, ACK, BYE, CANCEL, OPTIONS";

    private readonly Dictionary<string, SipCall> _calls = [];
    private readonly Dictionary<SipTransactionId, IClientTransactionUser> _clients = [];
    private readonly Dictionary<SipTransactionId, SipCall> _invites = [];
    private int _callCount;

    public SipUserAgent(SipUserAgentOptions options, IReadOnlyList<ISipTransport> transports, TimeProvider? time = null)
    {
        Options = options;
        Time = time ?? TimeProvider.System;
        Endpoint = new SipEndpoint(options.Endpoint, transports, this, time);
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
        if (!Endpoint.Post(call.StartOutgoing))
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
        var pending = new PendingRequest(
            this,
            request,
            destination,
            Options.Credentials is { } c ? new DigestClient(c) : null
        );
        if (!Endpoint.Post(pending.Start))
        {
            return null;
        }
        try
        {
            return await pending.Result.WaitAsync(deadline, Time, stop);
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

    /// <summary>Sends on the loop; the outcome goes to the user under the transaction's id. Null when refused.</summary>
    internal SipTransactionId? Send(SipRequest request, SipDestination destination, IClientTransactionUser user)
    {
        var id = Endpoint.SendRequest(request, destination);
        if (id is { } sent)
        {
            _clients[sent] = user;
        }
        return id;
    }

    /// <summary>Room for one more call; false at the limit.</summary>
    internal bool HasRoom => _calls.Count < Options.MaxCalls;

    internal void Add(SipCall call)
    {
        _calls[call.Key] = call;
        Volatile.Write(ref _callCount, _calls.Count);
    }

    internal void Remove(SipCall call)
    {
        _calls.Remove(call.Key);
        Volatile.Write(ref _callCount, _calls.Count);
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
            call.OnCancelled(cancel);
        }
    }

    void ISipHandler.OnResponse(SipTransactionId client, SipResponse response)
    {
        if (_clients.TryGetValue(client, out var user))
        {
            user.OnResponse(client, response);
        }
    }

    void ISipHandler.OnTransactionEnded(SipTransactionId id, SipTransactionEnd end)
    {
        _invites.Remove(id);
        if (_clients.Remove(id, out var user))
        {
            user.OnEnded(id, end);
        }
    }

    internal void AnswerOptions(SipServerRequest incoming) => Answer(incoming, SipStatus.Ok);

    internal void Answer(SipServerRequest incoming, int status, string? toTag = null)
    {
        if (incoming.TransactionId is { } id)
        {
            var response = SipResponse.Create(incoming.Request, status, toTag: toTag);
            Respond(id, response);
        }
    }

    internal void Respond(SipTransactionId id, SipResponse response)
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
        var unknown = incoming.Request.Require;
        if (unknown.Count > 0)
        {
            var response = SipResponse.Create(incoming.Request, SipStatus.BadExtension);
            response.Headers.Add(SipHeaderId.Unsupported, string.Join(", ", unknown));
            Respond(incoming.TransactionId!.Value, response);
            return;
        }
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
        if (SipCall.CreateIncoming(this, incoming) is not { } call)
        {
            Answer(incoming, SipStatus.BadRequest);
            return;
        }
        Add(call);
        _invites[incoming.TransactionId!.Value] = call;
        onIncomingCall(call);
    }
}

/// <summary>Who waits for the responses of a client transaction; called on the loop.</summary>
internal interface IClientTransactionUser
{
    void OnResponse(SipTransactionId id, SipResponse response);

    void OnEnded(SipTransactionId id, SipTransactionEnd end);
}
