using System.Text;
using OCPlatform.Sip.Sessions;
using OCPlatform.Sip.Transactions;

namespace OCPlatform.Sip.Tests.Sessions;

/// <summary>
/// Two sessions wired back to back: every message crosses as bytes, at once and in order, unless <see cref="Drop"/> takes it. Time is virtual, and
/// a request without final response fails after 64*T1, as its transaction would.
/// </summary>
internal sealed class SessionPair
{
    public static readonly ReadOnlyMemory<byte> OfferBody = Encoding.ASCII.GetBytes("offer");
    public static readonly ReadOnlyMemory<byte> AnswerBody = Encoding.ASCII.GetBytes("answer");

    private readonly Queue<Action> _wire = new();
    private readonly Dictionary<string, (End Sender, string Key, SipRequest Request)> _transactions = [];
    private int _next;

    public SessionPair(SipSessionOptions? caller = null, SipSessionOptions? callee = null)
    {
        Caller = new End("caller", caller ?? Options());
        Callee = new End("callee", callee ?? Options());
        (Caller.Peer, Callee.Peer) = (Callee, Caller);
    }

    public End Caller { get; }

    public End Callee { get; }

    public TimeSpan Now { get; private set; }

    /// <summary>Start lines with the sender's name, as sent: <c>caller INVITE</c>, <c>callee 180</c>.</summary>
    public List<string> Ladder { get; } = [];

    /// <summary>Messages, newest last.</summary>
    public List<SipMessage> Messages { get; } = [];

    /// <summary>True: the message is lost.</summary>
    public Func<SipMessage, bool> Drop { get; set; } = _ => false;

    public static SipSessionOptions Options() => new() { Random = new Random(1), SessionExpiresS = 0 };

    public static SipInvitePlan Plan(string offer = "offer") =>
        new()
        {
            Target = SipUri.Parse("sip:callee@192.0.2.2"),
            From = NameAddress.Parse("<sip:caller@192.0.2.1>"),
            LocalTag = "caller-tag",
            Contact = SipUri.Parse("sip:caller@192.0.2.1:5060"),
            Offer = Encoding.ASCII.GetBytes(offer),
        };

    public SessionPair Call(SipInvitePlan? plan = null)
    {
        Caller.Session = SipSession.Outgoing(plan ?? Plan(), Caller.Options, Now);
        return Pump();
    }

    /// <summary>A call that is answered.</summary>
    public static SessionPair Established(SipSessionOptions? caller = null, SipSessionOptions? callee = null)
    {
        var pair = new SessionPair(caller, callee).Call();
        pair.Callee.Do(s => s.Answer(AnswerBody, pair.Now));
        pair.Pump();
        pair.Caller.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Callee.Session.Phase.Should().Be(SipSessionPhase.Established);
        pair.Ladder.Clear();
        pair.Caller.Events.Clear();
        pair.Callee.Events.Clear();
        return pair;
    }

    /// <summary>Delivers until the wire is quiet.</summary>
    public SessionPair Pump()
    {
        do
        {
            Drain(Caller);
            Drain(Callee);
        } while (Deliver());
        return this;
    }

    /// <summary>Lets time pass, with every deadline on its way.</summary>
    public SessionPair Advance(TimeSpan time)
    {
        var until = Now + time;
        for (var steps = 0; ; steps++)
        {
            steps.Should().BeLessThan(20_000, "deadlines must move on");
            var next = Enumerable.Min([DeadlineOf(Caller), DeadlineOf(Callee)]);
            if (next > until)
            {
                break;
            }
            Now = next > Now ? next : Now;
            RunDeadline(Caller);
            RunDeadline(Callee);
            Pump();
        }
        Now = until;
        return this;
    }

    public SessionPair Advance(double seconds) => Advance(TimeSpan.FromSeconds(seconds));

    /// <summary>Puts a request of a made-up peer before a session, and tells the final response; null when none came at once.</summary>
    public SipResponse? Inject(End end, SipRequest request)
    {
        var transaction = $"injected-{_next++}";
        SipResponse? response = null;
        end.Session.OnRequest(Parse(request), request.IsAck ? null : transaction, Now);
        while (end.Session.TryTake(out var action))
        {
            if (action is SipSessionAction.Respond respond && respond.Transaction == transaction)
            {
                response = (SipResponse)SipParser.Parse(respond.Response.ToBytes());
            }
            else
            {
                Perform(end, action);
            }
        }
        return response;
    }

    public static T Parse<T>(T message)
        where T : SipMessage => (T)SipParser.Parse(message.ToBytes());

    private bool Deliver()
    {
        if (!_wire.TryDequeue(out var delivery))
        {
            return false;
        }
        delivery();
        return true;
    }

    private TimeSpan DeadlineOf(End end)
    {
        var session = end.HasSession ? end.Session.Deadline : TimeSpan.MaxValue;
        return end.Open.Count == 0 ? session : Enumerable.Min([session, end.Open.Values.Min()]);
    }

    private void RunDeadline(End end)
    {
        foreach (var (key, deadline) in end.Open.ToList())
        {
            if (deadline <= Now)
            {
                end.Open.Remove(key);
                end.Session.OnRequestFailed(key, SipRequestFailure.Timeout, Now);
            }
        }
        if (end.HasSession && end.Session.Deadline <= Now)
        {
            end.Session.OnDeadline(Now);
        }
    }

    private void Drain(End end)
    {
        while (end.HasSession && end.Session.TryTake(out var action))
        {
            Perform(end, action);
        }
    }

    private void Perform(End end, SipSessionAction action)
    {
        switch (action)
        {
            case SipSessionEvent e:
                end.Events.Add(e);
                break;
            case SipSessionAction.Send send:
                end.Open[send.Key] = Now + TimeSpan.FromSeconds(32);
                Put(end, send.Request, request => OnRequest(end, send.Key, request));
                break;
            case SipSessionAction.SendStateless stateless:
                Put(end, stateless.Request, request => end.Peer.Session.OnRequest(request, null, Now));
                break;
            case SipSessionAction.Respond respond:
                Respond(end, respond.Transaction, respond.Response);
                break;
            case SipSessionAction.Retransmit again:
                Respond(end, again.Transaction, again.Response);
                break;
            case SipSessionAction.Cancel cancel:
                Ladder.Add($"{end.Name} CANCEL");
                var invite = _transactions.Single(t => t.Value.Sender == end && t.Value.Key == cancel.Key).Key;
                _wire.Enqueue(() => end.Peer.Session.OnCancel(invite, Now));
                break;
        }
    }

    private void Put<T>(End sender, T message, Action<T> receive)
        where T : SipMessage
    {
        Ladder.Add(
            $"{sender.Name} {(message is SipRequest r ? r.Method : ((SipResponse)(SipMessage)message).StatusCode)}"
        );
        var copy = Parse(message);
        Messages.Add(copy);
        if (!Drop(copy))
        {
            _wire.Enqueue(() => receive(copy));
        }
    }

    private void OnRequest(End sender, string key, SipRequest request)
    {
        var transaction = $"t{_next++}";
        _transactions[transaction] = (sender, key, request);
        var receiver = sender.Peer;
        if (request.IsInvite)
        {
            // The transaction layer over there sends 100.
            sender.Open.Remove(key);
        }
        if (receiver.HasSession)
        {
            receiver.Session.OnRequest(request, transaction, Now);
            return;
        }
        var session = SipSession.Incoming(
            request,
            transaction,
            "callee-tag",
            SipUri.Parse("sip:callee@192.0.2.2:5060"),
            receiver.Options,
            Now,
            out var refusal
        );
        if (session is null)
        {
            Respond(receiver, transaction, refusal!);
            return;
        }
        receiver.Session = session;
    }

    private void Respond(End end, string transaction, SipResponse response)
    {
        if (!_transactions.TryGetValue(transaction, out var open))
        {
            // Its request was injected, and nobody waits any more.
            return;
        }
        var (sender, key, _) = open;
        Put(
            end,
            response,
            arrived =>
            {
                if (arrived.IsFinal || arrived.CSeq.Method == SipMethod.Invite)
                {
                    sender.Open.Remove(key);
                }
                sender.Session.OnResponse(key, arrived, Now);
            }
        );
    }

    internal sealed class End(string name, SipSessionOptions options)
    {
        private SipSession? _session;

        public string Name { get; } = name;

        public SipSessionOptions Options { get; } = options;

        public End Peer { get; set; } = null!;

        public bool HasSession => _session is not null;

        public SipSession Session
        {
            get => _session ?? throw new InvalidOperationException($"The {Name} has no session.");
            set => _session = value;
        }

        public List<SipSessionEvent> Events { get; } = [];

        /// <summary>Requests without final response, and when their transactions give up.</summary>
        public Dictionary<string, TimeSpan> Open { get; } = [];

        public void Do(Func<SipSession, SipSessionResult> verb) => verb(Session).Should().Be(SipSessionResult.Done);

        public T Single<T>()
            where T : SipSessionEvent => Events.OfType<T>().Should().ContainSingle().Which;

        public T Last<T>()
            where T : SipSessionEvent => Events.OfType<T>().Should().NotBeEmpty().And.Subject.Last();

        public bool Saw<T>()
            where T : SipSessionEvent => Events.OfType<T>().Any();
    }
}
