using OCPlatform.Gateways.Sip.Subscriptions;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Tests.Sip.Subscriptions;

/// <summary>A subscription's life, each rule as a case: RFC 6665 §4.2, RFC 4235 §3, RFC 5057 §5.2.</summary>
public sealed class SubscriptionTests
{
    private static readonly SipRequest Notify = SipRequest.Create(
        SipMethod.Notify,
        SipUri.Parse("sip:bob@192.0.2.7"),
        new NameAddress(SipUri.Parse("sip:frontdesk@192.0.2.1"))
    );

    private readonly SubscriptionOptions _options = new();
    private readonly List<WatchedDialog> _live = [];
    private readonly Subscription _subscription;
    private DateTimeOffset _now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    public SubscriptionTests() => _subscription = new Subscription(_options);

    [Fact]
    public void The_first_NOTIFY_comes_at_once_with_the_full_state()
    {
        Call("d1", WatchedState.Confirmed);

        Subscribe(600);

        var first = Next()!;
        first.Full.Should().BeTrue();
        first.Version.Should().Be(0);
        first.State.Should().Be("active;expires=600");
        Told(first).Should().Equal("d1 Confirmed");
        Next().Should().BeNull();
    }

    [Fact]
    public void Later_ones_tell_what_changed_and_versions_rise_by_one()
    {
        Call("d1", WatchedState.Confirmed);
        Subscribe(600);
        Deliver();
        Pass(5);

        Call("d2", WatchedState.Trying);

        var second = Next()!;
        second.Full.Should().BeFalse();
        second.Version.Should().Be(1);
        second.State.Should().Be("active;expires=595");
        Told(second).Should().Equal("d2 Trying");
    }

    [Fact]
    public void Not_more_than_one_a_second_and_the_changes_meanwhile_go_together()
    {
        Subscribe(600);
        Deliver();
        Call("d1", WatchedState.Trying);
        Call("d1", WatchedState.Early);
        Call("d2", WatchedState.Trying);

        Next().Should().BeNull();
        _subscription.NextDeadline.Should().Be(_now.AddSeconds(1));
        Pass(0.999);
        Next().Should().BeNull();
        Pass(0.001);

        Told(Next()!).Should().Equal("d1 Early", "d2 Trying");
    }

    [Fact]
    public void The_end_of_a_call_is_told_even_when_its_beginning_was_not()
    {
        Subscribe(600);
        Deliver();
        Call("d1", WatchedState.Trying);
        Call("d1", WatchedState.Terminated);
        Pass(1);

        Told(Next()!).Should().Equal("d1 Terminated");
    }

    [Fact]
    public void One_NOTIFY_is_under_way_at_a_time()
    {
        Subscribe(600);
        Next();
        Call("d1", WatchedState.Trying);
        Pass(10);

        Next().Should().BeNull();
        Answer(200);

        Told(Next()!).Should().Equal("d1 Trying");
    }

    [Fact]
    public void A_refresh_lengthens_it_and_is_answered_by_the_full_state_at_once()
    {
        Call("d1", WatchedState.Confirmed);
        Subscribe(600);
        Deliver();
        Pass(0.1);

        Subscribe(900);

        var refreshed = Next()!;
        refreshed.Full.Should().BeTrue();
        refreshed.State.Should().Be("active;expires=900");
        refreshed.Version.Should().Be(1);
    }

    [Fact]
    public void Expires_0_ends_it_with_a_last_NOTIFY()
    {
        Subscribe(600);
        Deliver();

        Subscribe(0);

        _subscription.IsEnding.Should().BeTrue();
        Next()!.State.Should().Be("terminated;reason=timeout");
        _subscription.IsOver.Should().BeFalse("the last word is not delivered yet");
        Answer(200);
        _subscription.IsOver.Should().BeTrue();
    }

    [Fact]
    public void Expires_0_as_the_first_fetches_the_state()
    {
        Call("d1", WatchedState.Early);

        Subscribe(0);

        var only = Next()!;
        Told(only).Should().Equal("d1 Early");
        only.Full.Should().BeTrue();
        only.State.Should().Be("terminated;reason=timeout");
    }

    [Fact]
    public void It_expires_with_a_last_NOTIFY_and_what_comes_after_is_not_told()
    {
        Subscribe(60);
        Deliver();
        _subscription.NextDeadline.Should().Be(_now.AddSeconds(60));
        Pass(60);

        Next()!.State.Should().Be("terminated;reason=timeout");

        Call("d1", WatchedState.Trying);
        Answer(200);
        Pass(10);
        Next().Should().BeNull();
        _subscription.NextDeadline.Should().Be(DateTimeOffset.MaxValue);
    }

    [Fact]
    public void It_expires_also_while_a_NOTIFY_is_under_way()
    {
        Subscribe(60);
        Next();
        Pass(61);
        Next().Should().BeNull();

        Answer(200);

        Next()!.State.Should().Be("terminated;reason=timeout");
    }

    [Fact]
    public void When_the_node_stops_the_subscriber_is_told_to_come_back_later()
    {
        Subscribe(600);
        Deliver();

        _subscription.OnDrain(10);

        Next()!.State.Should().Be("terminated;reason=probation;retry-after=10");
    }

    [Theory]
    [InlineData(481, true)]
    [InlineData(408, true)]
    [InlineData(404, true)]
    [InlineData(410, true)]
    [InlineData(480, true)]
    [InlineData(489, true)]
    [InlineData(501, true)]
    [InlineData(604, true)]
    [InlineData(200, false)]
    [InlineData(202, false)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(500, false)]
    [InlineData(503, false)]
    [InlineData(603, false)]
    public void A_refusal_ends_the_subscription_when_it_means_more_than_this_NOTIFY(int status, bool ends)
    {
        Subscribe(600);
        Next();

        Answer(status);

        _subscription.IsOver.Should().Be(ends);
    }

    [Fact]
    public void A_NOTIFY_without_an_answer_ends_it()
    {
        Subscribe(600);
        Next();

        _subscription.OnFailed();

        _subscription.IsOver.Should().BeTrue();
    }

    [Fact]
    public void After_a_refused_NOTIFY_the_next_one_tells_all()
    {
        Call("d1", WatchedState.Confirmed);
        Subscribe(600);
        Deliver();
        Pass(1);
        Call("d2", WatchedState.Trying);
        Next();
        Answer(500);
        Next().Should().BeNull("the rate holds");
        Pass(1);

        var next = Next()!;

        next.Full.Should().BeTrue();
        Told(next).Should().Equal("d1 Confirmed", "d2 Trying");
    }

    [Fact]
    public void Retry_After_of_a_refusal_is_kept()
    {
        Subscribe(600);
        Next();
        Answer(503, retryAfter: 20);
        Pass(19);
        Next().Should().BeNull();
        Pass(1);

        Next().Should().NotBeNull();
    }

    [Fact]
    public void Three_refusals_in_a_row_end_it_and_an_acceptance_between_counts_anew()
    {
        Subscribe(600);
        foreach (var status in new[] { 500, 500, 200, 500, 500 })
        {
            Next().Should().NotBeNull();
            Answer(status);
            Call("d1", WatchedState.Trying);
            Pass(1);
        }
        _subscription.IsOver.Should().BeFalse();
        Next();

        Answer(500);

        _subscription.IsOver.Should().BeTrue();
    }

    [Fact]
    public void More_calls_than_fit_into_one_NOTIFY_follow_in_the_next_ones()
    {
        _options.MaxDialogsPerNotify = 2;
        foreach (var id in new[] { "d1", "d2", "d3" })
        {
            Call(id, WatchedState.Confirmed);
        }
        Subscribe(600);

        var first = Next()!;
        Told(first).Should().Equal("d1 Confirmed", "d2 Confirmed");
        Answer(200);
        Pass(1);
        var second = Next()!;

        second.Full.Should().BeFalse();
        Told(second).Should().Equal("d3 Confirmed");
    }

    [Fact]
    public void A_subscriber_that_is_far_behind_is_told_all_anew_instead_of_every_change()
    {
        _options.MaxDialogsPerNotify = 2;
        Subscribe(600);
        Next();
        for (var i = 0; i < 100; i++)
        {
            Call($"d{i}", WatchedState.Trying);
            Call($"d{i}", WatchedState.Terminated);
        }
        Call("last", WatchedState.Early);
        Answer(200);
        Pass(1);

        var next = Next()!;

        next.Full.Should().BeTrue();
        Told(next).Should().Equal("last Early");
    }

    [Fact]
    public void A_filter_lets_one_dialog_through()
    {
        var subscription = new Subscription(_options, new DialogFilter("call-d2", null, null));
        Call("d1", WatchedState.Confirmed);
        Call("d2", WatchedState.Confirmed);
        subscription.OnSubscribed(600, _now);
        subscription.OnChanged(_live[0]);

        Told(subscription.Next(_now, () => _live)!).Should().Equal("d2 Confirmed");
    }

    private void Subscribe(int seconds) => _subscription.OnSubscribed(seconds, _now);

    private Notification? Next() => _subscription.Next(_now, () => _live);

    private void Deliver()
    {
        Next().Should().NotBeNull();
        Answer(200);
    }

    private void Answer(int status, uint? retryAfter = null)
    {
        var response = SipResponse.Create(Notify, status);
        response.RetryAfter = retryAfter;
        _subscription.OnResponse(response, _now);
    }

    private void Pass(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    private void Call(string id, WatchedState state)
    {
        var dialog = new WatchedDialog(
            id,
            "frontdesk",
            false,
            state,
            null,
            SipUri.Parse("sip:frontdesk@192.0.2.1"),
            null,
            $"call-{id}",
            "l",
            "r"
        );
        _live.RemoveAll(one => one.Id == id);
        if (state != WatchedState.Terminated)
        {
            _live.Add(dialog);
        }
        _subscription.OnChanged(dialog);
    }

    private static IEnumerable<string> Told(Notification notification) =>
        notification.Dialogs.Select(dialog => $"{dialog.Id} {dialog.State}");
}
