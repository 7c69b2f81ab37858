using OCPlatform.Sip.Transactions;
using static OCPlatform.Sip.Transactions.TransactionActions;
using static OCPlatform.Sip.Transactions.TransactionInput;

namespace OCPlatform.Sip.Tests.Transactions;

/// <summary>The four machines, step by step along the figures of RFC 3261 §17 and RFC 6026, in milliseconds.</summary>
public class TransactionMachineTests
{
    private static readonly SipTimers Timers = new();
    private static readonly TimeSpan Zero = TimeSpan.Zero;

    private static TimeSpan Ms(double ms) => TimeSpan.FromMilliseconds(ms);

    /// <summary>Runs every timer until the machine ends; gives the moments and what was done.</summary>
    private static List<(double AtMs, TransactionActions Actions)> RunOut(SipTransaction machine)
    {
        var log = new List<(double, TransactionActions)>();
        while (machine.Deadline != TimeSpan.MaxValue)
        {
            var now = machine.Deadline;
            log.Add((now.TotalMilliseconds, machine.OnDeadline(now)));
            log.Count.Should().BeLessThan(100);
        }
        return log;
    }

    [Fact]
    public void An_unanswered_invite_is_sent_seven_times_and_times_out_after_32_s()
    {
        var machine = new InviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero).Should().Be(Send);
        RunOut(machine)
            .Should()
            .Equal(
                (500, Send),
                (1_500, Send),
                (3_500, Send),
                (7_500, Send),
                (15_500, Send),
                (31_500, Send),
                (32_000, Terminate)
            );
        machine.End.Should().Be(SipTransactionEnd.Timeout);
    }

    [Fact]
    public void An_unanswered_invite_over_tcp_is_sent_once()
    {
        var machine = new InviteClientTransaction(Timers, reliable: true);
        machine.Step(Start, Zero).Should().Be(Send);
        RunOut(machine).Should().Equal((32_000, Terminate));
    }

    [Fact]
    public void A_provisional_response_stops_the_retransmission_of_an_invite()
    {
        var machine = new InviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Provisional, Ms(100)).Should().Be(Deliver);
        machine.Step(Provisional, Ms(200)).Should().Be(Deliver);
        machine.State.Should().Be(TransactionState.Proceeding);
        machine.Deadline.Should().Be(Ms(200) + Ms(Timers.InviteProceedingMs));
    }

    [Fact]
    public void A_refused_invite_is_acknowledged_each_time_and_waits_32_s()
    {
        var machine = new InviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Failure, Ms(100)).Should().Be(SendAck | Deliver);
        machine.Step(Failure, Ms(600)).Should().Be(SendAck, "the core has it already");
        machine.Step(Success, Ms(700)).Should().Be(None);
        RunOut(machine).Should().Equal((32_100, Terminate));
        machine.End.Should().Be(SipTransactionEnd.Completed);
    }

    [Fact]
    public void Every_2xx_of_an_invite_is_passed_up_for_64_T1()
    {
        var machine = new InviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Success, Ms(100)).Should().Be(Deliver);
        machine.Step(Success, Ms(600)).Should().Be(Deliver);
        machine.Step(Failure, Ms(700)).Should().Be(None);
        RunOut(machine).Should().Equal((32_100, Terminate));
    }

    [Fact]
    public void A_cancelled_invite_without_final_response_ends_after_64_T1()
    {
        var machine = new InviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Provisional, Ms(100));
        machine.OnCancelSent(Ms(1_000));
        RunOut(machine).Should().Equal((33_000, Terminate));
    }

    [Fact]
    public void A_provisional_response_does_not_hold_up_the_end_of_a_cancelled_invite()
    {
        var machine = new InviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Provisional, Ms(100));
        machine.OnCancelSent(Ms(1_000));
        machine.Step(Provisional, Ms(2_000)).Should().Be(Deliver);
        RunOut(machine).Should().Equal((33_000, Terminate));
    }

    [Fact]
    public void A_non_invite_request_is_repeated_at_T1_up_to_T2()
    {
        var machine = new NonInviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero).Should().Be(Send);
        RunOut(machine)
            .Select(e => e.AtMs)
            .Should()
            .Equal(500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000);
        machine.End.Should().Be(SipTransactionEnd.Timeout);
    }

    [Fact]
    public void A_non_invite_request_goes_on_at_T2_after_a_provisional_response()
    {
        var machine = new NonInviteClientTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Provisional, Ms(100)).Should().Be(Deliver);
        machine.Deadline.Should().Be(Ms(4_100));
        machine.OnDeadline(Ms(4_100)).Should().Be(Send);
        machine.Step(Success, Ms(5_000)).Should().Be(Deliver);
        machine.Step(Success, Ms(5_500)).Should().Be(None, "a retransmission");
        RunOut(machine).Should().Equal((10_000, Terminate));
    }

    [Fact]
    public void An_invite_gets_its_100_after_200_ms_unless_answered()
    {
        var slow = new InviteServerTransaction(Timers, reliable: false);
        slow.Step(Start, Zero).Should().Be(Deliver);
        slow.Step(Request, Ms(100)).Should().Be(None, "the 100 is on its way");
        slow.OnDeadline(Ms(200)).Should().Be(SendTrying);
        slow.Step(Request, Ms(500)).Should().Be(Send);

        var quick = new InviteServerTransaction(Timers, reliable: false);
        quick.Step(Start, Zero);
        quick.Step(Provisional, Ms(50)).Should().Be(Send);
        quick.OnDeadline(Ms(200)).Should().Be(None);
        quick.Deadline.Should().Be(Ms(Timers.InviteUnansweredMs));
    }

    [Theory]
    [InlineData(false, 37_000)]
    [InlineData(true, 32_000)]
    public void A_request_that_the_core_never_answers_is_absorbed_while_it_may_still_come_again(bool tcp, double endsMs)
    {
        var machine = new NonInviteServerTransaction(Timers, tcp);
        machine.Step(Start, Zero).Should().Be(Deliver);
        machine.Step(Request, Ms(31_900)).Should().Be(None);
        RunOut(machine).Should().Equal((endsMs, Terminate));
        machine.End.Should().Be(SipTransactionEnd.Timeout);
    }

    [Fact]
    public void A_refusal_is_repeated_until_it_is_acknowledged()
    {
        var machine = new InviteServerTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Failure, Zero).Should().Be(Send);
        machine.OnDeadline(Ms(500)).Should().Be(Send);
        machine.OnDeadline(Ms(1_500)).Should().Be(Send);
        machine.Step(Request, Ms(1_600)).Should().Be(Send);
        machine.Step(Ack, Ms(1_700)).Should().Be(None);
        machine.State.Should().Be(TransactionState.Confirmed);
        machine.Step(Ack, Ms(1_800)).Should().Be(None);
        RunOut(machine).Should().Equal((6_700, Terminate));
        machine.End.Should().Be(SipTransactionEnd.Completed);
    }

    [Fact]
    public void A_refusal_without_ack_times_out_and_absorbs_for_T4_more()
    {
        var machine = new InviteServerTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Failure, Zero);
        RunOut(machine)
            .Select(e => e.AtMs)
            .Should()
            .Equal(500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500, 32_000, 37_000);
        machine.End.Should().Be(SipTransactionEnd.Timeout);
    }

    [Fact]
    public void An_accepted_invite_absorbs_requests_passes_the_ack_and_repeats_only_for_the_core()
    {
        var machine = new InviteServerTransaction(Timers, reliable: false);
        machine.Step(Start, Zero);
        machine.Step(Success, Zero).Should().Be(Send);
        machine.Step(Request, Ms(100)).Should().Be(None);
        machine.Step(Success, Ms(500)).Should().Be(Send);
        machine.Step(Ack, Ms(600)).Should().Be(Deliver);
        machine.Step(Failure, Ms(700)).Should().Be(None);
        RunOut(machine).Should().Equal((37_000, Terminate));
    }

    [Fact]
    public void A_non_invite_server_repeats_its_final_response_for_64_T1_and_T4()
    {
        var machine = new NonInviteServerTransaction(Timers, reliable: false);
        machine.Step(Start, Zero).Should().Be(Deliver);
        machine.Step(Request, Ms(100)).Should().Be(None);
        machine.Step(Success, Ms(200)).Should().Be(Send);
        machine.Step(Request, Ms(300)).Should().Be(Send);
        machine.Step(Failure, Ms(400)).Should().Be(None);
        RunOut(machine).Should().Equal((37_200, Terminate));
    }

    [Fact]
    public void Over_a_reliable_transport_waiting_states_are_skipped()
    {
        var client = new InviteClientTransaction(Timers, reliable: true);
        client.Step(Start, Zero);
        client.Step(Failure, Zero).Should().Be(SendAck | Deliver | Terminate);

        var server = new NonInviteServerTransaction(Timers, reliable: true);
        server.Step(Start, Zero);
        server.Step(Success, Zero).Should().Be(Send | Terminate);
    }

    [Theory]
    [InlineData(typeof(InviteClientTransaction))]
    [InlineData(typeof(NonInviteClientTransaction))]
    [InlineData(typeof(InviteServerTransaction))]
    [InlineData(typeof(NonInviteServerTransaction))]
    public void Any_sequence_of_inputs_ends_and_stays_ended(Type type)
    {
        var inputs = Enum.GetValues<TransactionInput>();
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var machine = (SipTransaction)Activator.CreateInstance(type, Timers, random.Next(2) == 0)!;
            var now = Zero;
            var terminated = machine.Step(Start, now).HasFlag(Terminate) ? 1 : 0;
            for (var step = 0; step < 30; step++)
            {
                now += Ms(random.Next(2_000));
                var actions =
                    random.Next(2) == 0
                        ? machine.OnDeadline(now)
                        : machine.Step(inputs[random.Next(1, inputs.Length)], now);
                terminated += actions.HasFlag(Terminate) ? 1 : 0;
            }
            terminated += RunOut(machine).Count(e => e.Actions.HasFlag(Terminate));
            terminated.Should().Be(1, "seed {0}", seed);
            machine.State.Should().Be(TransactionState.Terminated);
            inputs.Should().OnlyContain(i => machine.Step(i, now) == None);
        }
    }
}
