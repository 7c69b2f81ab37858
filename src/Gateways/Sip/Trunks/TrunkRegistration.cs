using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Akka.Event;
using OCPlatform.Sip;
using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Gateways.Sip;

/// <summary>Keeps one trunk registered at its carrier; <see cref="RegistrationCycle"/> decides, this sends and waits.</summary>
internal sealed class TrunkRegistration : ReceiveActor, IWithTimers
{
    // The node has five seconds to stop in all, and calls are hung up meanwhile.
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(2);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly TrunkSettings _trunk;
    private readonly TrunkBoard _board;
    private readonly SipSender _sender;
    private readonly SipTargetResolver _resolve;
    private readonly TimeProvider _time;
    private readonly RegistrationCycle _cycle;
    private readonly DigestClient _digest;
    private readonly string _callId = SipToken.NewCallId();
    private SipRequestDelivery? _delivery;
    private SipTransactionId? _transaction;
    private SipDestination? _destination;
    private uint _cseq;
    private string _logged = "";

    public TrunkRegistration(
        TrunkSettings trunk,
        TrunkBoard board,
        SipSender sender,
        SipTargetResolver resolve,
        TimeProvider time
    )
    {
        _trunk = trunk;
        _board = board;
        _sender = sender;
        _resolve = resolve;
        _time = time;
        _cycle = new RegistrationCycle(trunk, Random.Shared, time.GetUtcNow());
        _digest = new DigestClient(trunk.Credentials!);
        Receive<Resolved>(r => Do(_cycle.OnResolved(r.Destinations, r.Error, Now)));
        Receive<SipSender.Answered>(OnAnswered);
        Receive<SipSender.Failed>(failed =>
        {
            if (failed.Transaction == _transaction)
            {
                OnSilence("no answer");
            }
        });
        Receive<Unanswered>(unanswered =>
        {
            if (unanswered.Transaction == _transaction)
            {
                OnSilence($"no answer within {_trunk.Options.Registration.AnswerMs} ms");
            }
        });
        Receive<Waited>(_ => Do(_cycle.OnWaited()));
        Receive<Stop>(_ => OnStop());
        Receive<TooLate>(_ => Context.Stop(Self));
    }

    /// <summary>Takes the binding back and ends.</summary>
    public sealed record Stop
    {
        public static readonly Stop Instance = new();
    }

    private sealed record Resolved(IReadOnlyList<SipDestination> Destinations, string? Error)
        : INoSerializationVerificationNeeded;

    private sealed record Unanswered(SipTransactionId Transaction) : INoSerializationVerificationNeeded;

    private sealed record Waited
    {
        public static readonly Waited Instance = new();
    }

    private sealed record TooLate
    {
        public static readonly TooLate Instance = new();
    }

    public static Props Props(
        TrunkSettings trunk,
        TrunkBoard board,
        SipSender sender,
        SipTargetResolver resolve,
        TimeProvider time
    ) => Akka.Actor.Props.Create(() => new TrunkRegistration(trunk, board, sender, resolve, time));

    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    protected override void PreStart() => Do(new RegistrationStep.Resolve());

    private void OnStop()
    {
        Timers.CancelAll();
        _transaction = null;
        Timers.StartSingleTimer(nameof(TooLate), TooLate.Instance, StopWithin);
        Do(_cycle.Stop(Now));
    }

    private void Do(RegistrationStep step)
    {
        Report();
        switch (step)
        {
            case RegistrationStep.Resolve:
                ResolveAsync().PipeTo(Self);
                break;
            case RegistrationStep.Register register:
                Register(register);
                break;
            case RegistrationStep.Wait wait:
                Timers.StartSingleTimer(nameof(Waited), Waited.Instance, wait.Time);
                break;
            case RegistrationStep.Done:
                Context.Stop(Self);
                break;
        }
    }

    private void Register(RegistrationStep.Register register)
    {
        _destination = register.Destination;
        if (_sender.AdvertisedFor(register.Destination) is not { } local)
        {
            OnSilence($"this node has no transport to {register.Destination}");
            return;
        }
        var request = RequestFor(local, register);
        _delivery = new SipRequestDelivery(request, [register.Destination], _digest);
        Send(_delivery.Start());
    }

    private void Send(SipDeliveryStep step)
    {
        var next = (SipDeliveryStep.Next)step;
        _cseq = next.Request.CSeq.Number;
        _transaction = _sender.Send(next.Request, next.Destination, Self);
        if (_transaction is { } transaction)
        {
            Timers.StartSingleTimer(
                nameof(Unanswered),
                new Unanswered(transaction),
                TimeSpan.FromMilliseconds(_trunk.Options.Registration.AnswerMs)
            );
        }
        else
        {
            OnSilence("the gateway's tables are full");
        }
    }

    private void OnAnswered(SipSender.Answered answered)
    {
        if (answered.Transaction != _transaction)
        {
            return;
        }
        switch (_delivery!.OnResponse(answered.Response))
        {
            case SipDeliveryStep.Next next:
                Send(next);
                break;
            case SipDeliveryStep.Final final:
                _transaction = null;
                Timers.Cancel(nameof(Unanswered));
                Do(_cycle.OnResponse(final.Response, _trunk.ContactUser!, Now));
                break;
        }
    }

    private void OnSilence(string cause)
    {
        _transaction = null;
        Timers.Cancel(nameof(Unanswered));
        Do(_cycle.OnSilence($"{_destination}: {cause}", Now));
    }

    private SipRequest RequestFor(IPEndPoint local, RegistrationStep.Register register)
    {
        var domain = SipUri.Parse($"sip:{_trunk.Domain}");
        var self = new NameAddress(domain with { User = _trunk.Account });
        var request = SipRequest.Create(SipMethod.Register, domain, self, self, _callId, ++_cseq);
        request.Contact = ContactAt(local, register.Destination.Transport);
        request.Expires = (uint)register.ExpirySeconds;
        request.UserAgent = SipProduct.Name;
        request.Headers.Add(SipHeaderId.Supported, _trunk.Options.Registration.Outbound ? "path, outbound" : "path");
        return request;
    }

    private NameAddress ContactAt(IPEndPoint local, string transport)
    {
        var uri = SipUri.Create(_trunk.ContactUser, local);
        if (transport != "UDP")
        {
            uri = uri with { Parameters = uri.Parameters.With("transport", transport.ToLowerInvariant()) };
        }
        var contact = new NameAddress(uri);
        return _trunk.Options.Registration.Outbound
            ? contact with
            {
                Parameters = contact
                    .Parameters.With("reg-id", "1")
                    .With("+sip.instance", $"\"<urn:uuid:{InstanceId()}>\""),
            }
            : contact;
    }

    /// <summary>The same after a restart of this node, as RFC 5626 §4.1 asks.</summary>
    private Guid InstanceId() =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName}/{_trunk.Name}")).AsSpan(0, 16));

    private async Task<Resolved> ResolveAsync()
    {
        using var stop = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(_trunk.Options.Registration.AnswerMs),
            _time
        );
        var destinations = new List<SipDestination>();
        string? error = null;
        foreach (var registrar in _trunk.Registrars.OrderBy(registrar => registrar.Priority))
        {
            try
            {
                var location = await _resolve(registrar.Uri, stop.Token).WaitAsync(stop.Token);
                destinations.AddRange(location.Destinations);
                error ??= location.Problem;
            }
            catch (Exception e)
            {
                error = $"{registrar.Uri.Host} could not be resolved: {e.Message}";
            }
        }
        return new Resolved([.. destinations.Distinct()], error);
    }

    private void Report()
    {
        var status = _cycle.Status;
        _board.SetRegistration(_trunk.Name, status);
        var text = $"{status.State} {status.LastCause}";
        if (text == _logged)
        {
            return;
        }
        _logged = text;
        switch (status.State)
        {
            case RegistrationState.Registered:
                _log.Info(
                    "Trunk {Trunk} is registered at {Registrar} until {ExpiresAt}",
                    _trunk.Name,
                    status.Registrar,
                    status.ExpiresAt?.ToString("u", CultureInfo.InvariantCulture)
                );
                break;
            case RegistrationState.Failed:
                _log.Warning("Trunk {Trunk} is not registered: {Cause}", _trunk.Name, status.LastCause);
                break;
        }
    }
}
