using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transactions;

/// <summary>Clients and servers on a bad network; one seed decides everything, and a failing seed can be run again.</summary>
public class TransactionSimulationTests
{
    private static readonly VirtualNetworkConditions Bad = new()
    {
        Loss = 0.2,
        Duplication = 0.2,
        MinDelay = TimeSpan.FromMilliseconds(1),
        MaxDelay = TimeSpan.FromMilliseconds(900),
    };

    private static readonly VirtualNetworkConditions Terrible = Bad with
    {
        Loss = 0.6,
        MaxDelay = TimeSpan.FromSeconds(3),
    };

    public static TheoryData<string, int> Weather => new() { { "bad", 400 }, { "terrible", 200 } };

    [Theory]
    [MemberData(nameof(Weather))]
    public void Non_invite_requests_reach_the_core_once_and_get_one_outcome(string weather, int seeds)
    {
        for (var seed = 0; seed < seeds; seed++)
        {
            var world = new SimulatedWorld(seed, weather == "bad" ? Bad : Terrible);
            var server = new ServerCore(world);
            var client = new ClientCore();
            var serverHost = world.AddHost("192.0.2.1:5060", server);
            var clientHost = world.AddHost("192.0.2.2:5060", client);
            for (var i = 0; i < 5; i++)
            {
                clientHost.Start(NewRequest(SipMethod.Options, i), serverHost);
            }
            world.Run();

            CheckAtRest(seed, serverHost, clientHost, server);
            client.Outcomes.Should().HaveCount(5, "seed {0}", seed);
            foreach (var outcome in client.Outcomes.Values)
            {
                outcome.Finals.Should().BeLessThanOrEqualTo(1, "seed {0}", seed);
                outcome.Ended.Should().Be(1, "seed {0}", seed);
                (outcome.End == SipTransactionEnd.Completed).Should().Be(outcome.Finals == 1, "seed {0}", seed);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Weather))]
    public void Invites_reach_the_core_once_and_have_one_kind_of_final_response(string weather, int seeds)
    {
        var answered = 0;
        for (var seed = 0; seed < seeds; seed++)
        {
            var world = new SimulatedWorld(seed, weather == "bad" ? Bad : Terrible);
            var server = new ServerCore(world);
            var client = new ClientCore();
            var serverHost = world.AddHost("192.0.2.1:5060", server);
            var clientHost = world.AddHost("192.0.2.2:5060", client);
            client.Peer = serverHost;
            for (var i = 0; i < 4; i++)
            {
                var invite = NewRequest(SipMethod.Invite, i);
                var id = clientHost.Start(invite, serverHost);
                client.Invites[id] = invite;
                if (world.Random.Next(4) == 0)
                {
                    world.After(
                        TimeSpan.FromMilliseconds(world.Random.Next(5_000)),
                        () => clientHost.Layer.Cancel(id, world.Now)
                    );
                }
            }
            world.Run();

            CheckAtRest(seed, serverHost, clientHost, server);
            foreach (var (id, outcome) in client.Outcomes)
            {
                outcome.Ended.Should().Be(1, "seed {0}", seed);
                outcome.FinalStatuses.Distinct().Count().Should().BeLessThanOrEqualTo(1, "seed {0}: {1}", seed, id);
                if (outcome.FinalStatuses.Any(s => s >= 300))
                {
                    outcome.Finals.Should().Be(1, "seed {0}: the transaction absorbs the rest", seed);
                }
                if (outcome.Finals == 0)
                {
                    outcome.End.Should().Be(SipTransactionEnd.Timeout, "seed {0}", seed);
                }
                answered += outcome.Finals > 0 ? 1 : 0;
            }
        }
        answered
            .Should()
            .BeGreaterThan(weather == "bad" ? seeds * 4 * 95 / 100 : seeds, "loss is made good by retransmission");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Run(11).Should().Be(Run(11));
        Run(11).Should().NotBe(Run(12));

        static (long, long, TimeSpan) Run(int seed)
        {
            var world = new SimulatedWorld(seed, Bad);
            var server = world.AddHost("192.0.2.1:5060", new ServerCore(world));
            var client = world.AddHost("192.0.2.2:5060", new ClientCore());
            for (var i = 0; i < 20; i++)
            {
                client.Start(NewRequest(SipMethod.Options, i), server);
            }
            world.Run();
            return (world.Network.Sent, world.Network.Lost, world.Now);
        }
    }

    private static SipRequest NewRequest(string method, int number) =>
        SipRequest.Create(
            method,
            SipUri.Parse("sip:b@192.0.2.1"),
            NameAddress.Parse("<sip:a@192.0.2.2>"),
            callId: $"call-{number}"
        );

    private static void CheckAtRest(int seed, SimulatedHost server, SimulatedHost client, ServerCore core)
    {
        server.Layer.Count.Should().Be(0, "seed {0}: every server transaction ends", seed);
        client.Layer.Count.Should().Be(0, "seed {0}: every client transaction ends", seed);
        core.Requests.Values.Should().OnlyContain(n => n == 1, "seed {0}: retransmissions die in the layer", seed);
    }

    /// <summary>Answers at random, after a random while; repeats its 2xx until the ACK.</summary>
    private sealed class ServerCore(SimulatedWorld world) : ISimulatedCore
    {
        private readonly HashSet<SipTransactionId> _final = [];
        private readonly Dictionary<SipTransactionId, SipRequest> _invites = [];
        private readonly Dictionary<string, AckWait> _waits = [];

        public Dictionary<string, int> Requests { get; } = [];

        public void OnRequest(SimulatedHost host, SipTransactionId? id, SipRequest request, SipFlow flow)
        {
            if (request.IsAck)
            {
                if (_waits.TryGetValue(request.CallId, out var wait))
                {
                    wait.OnAck(request);
                }
                return;
            }
            var key = $"{request.Method} {request.CallId}";
            Requests[key] = Requests.GetValueOrDefault(key) + 1;
            if (request.IsInvite)
            {
                _invites[id!.Value] = request;
                world.After(
                    Within(2_000),
                    () => TryRespond(host, id.Value, SipResponse.Create(request, 180, toTag: "t"))
                );
            }
            var status = world.Random.Next(2) == 0 ? 200 : 486;
            world.After(Within(6_000), () => Answer(host, id!.Value, request, status));
        }

        public void OnCancel(SimulatedHost host, SipTransactionId invite) =>
            Answer(host, invite, _invites[invite], 487);

        private void Answer(SimulatedHost host, SipTransactionId id, SipRequest request, int status)
        {
            if (!_final.Add(id))
            {
                return;
            }
            var response = SipResponse.Create(request, status, toTag: "t");
            if (host.Respond(id, response) && request.IsInvite && status == 200)
            {
                var wait = new AckWait(new SipTimers(), world.Now, request.CSeq.Number);
                _waits[request.CallId] = wait;
                Repeat(host, id, response, wait);
            }
        }

        private void Repeat(SimulatedHost host, SipTransactionId id, SipResponse response, AckWait wait)
        {
            if (wait.IsDone)
            {
                return;
            }
            world.After(
                wait.Deadline - world.Now,
                () =>
                {
                    if (wait.OnDeadline(world.Now) == AckWaitAction.Retransmit)
                    {
                        host.Respond(id, response);
                    }
                    Repeat(host, id, response, wait);
                }
            );
        }

        private void TryRespond(SimulatedHost host, SipTransactionId id, SipResponse response)
        {
            if (!_final.Contains(id))
            {
                host.Respond(id, response);
            }
        }

        private TimeSpan Within(int milliseconds) => TimeSpan.FromMilliseconds(world.Random.Next(milliseconds));
    }

    private sealed class Outcome
    {
        public List<int> FinalStatuses { get; } = [];
        public int Finals => FinalStatuses.Count;
        public int Ended { get; set; }
        public SipTransactionEnd End { get; set; }
    }

    private sealed class ClientCore : ISimulatedCore
    {
        public SimulatedHost? Peer { get; set; }

        public Dictionary<SipTransactionId, SipRequest> Invites { get; } = [];

        public Dictionary<SipTransactionId, Outcome> Outcomes { get; } = [];

        public void OnRequest(SimulatedHost host, SipTransactionId? id, SipRequest request, SipFlow flow) =>
            throw new InvalidOperationException("Nobody calls the client.");

        public void OnResponse(SimulatedHost host, SipTransactionId id, SipResponse response)
        {
            if (!response.IsFinal)
            {
                return;
            }
            Of(id).FinalStatuses.Add(response.StatusCode);
            if (response.IsSuccess && Invites.TryGetValue(id, out var invite))
            {
                host.SendStateless(SipDialog.CreateUac(invite, response)!.CreateAck(invite), Peer!);
            }
        }

        public void OnEnded(SimulatedHost host, SipTransactionId id, SipTransactionEnd end)
        {
            Of(id).Ended++;
            Of(id).End = end;
        }

        private Outcome Of(SipTransactionId id) =>
            Outcomes.TryGetValue(id, out var known) ? known : Outcomes[id] = new Outcome();
    }
}
