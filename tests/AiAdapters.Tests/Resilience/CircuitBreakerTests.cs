using Microsoft.Extensions.Time.Testing;
using OCPlatform.AiAdapters.Resilience;

namespace OCPlatform.AiAdapters.Tests.Resilience;

public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CircuitBreaker _breaker;

    public CircuitBreakerTests() =>
        _breaker = new CircuitBreaker(
            new SpeechBreakerOptions
            {
                FailuresToOpen = 2,
                OpenMs = 1000,
                MaxOpenMs = 3000,
            },
            _time
        );

    [Fact]
    public void It_opens_after_failures_in_a_row_only()
    {
        _breaker.Failure();
        _breaker.Success();
        _breaker.Failure();
        _breaker.TryEnter().Should().BeTrue();
        _breaker.Failure();
        _breaker.TryEnter().Should().BeFalse();
        _breaker.IsOpen.Should().BeTrue();
    }

    [Fact]
    public void After_its_pause_one_request_may_try_and_its_success_closes_it()
    {
        Open();
        Advance(999);
        _breaker.TryEnter().Should().BeFalse();
        Advance(1);
        _breaker.TryEnter().Should().BeTrue();
        _breaker.TryEnter().Should().BeFalse();
        _breaker.Success();
        _breaker.TryEnter().Should().BeTrue();
        _breaker.IsOpen.Should().BeFalse();
    }

    [Fact]
    public void Each_failed_trial_doubles_the_pause_up_to_the_longest()
    {
        Open();
        foreach (var pause in new[] { 1000, 2000, 3000, 3000 })
        {
            Advance(pause - 1);
            _breaker.TryEnter().Should().BeFalse();
            Advance(1);
            _breaker.TryEnter().Should().BeTrue();
            _breaker.Failure();
        }
    }

    [Fact]
    public void After_it_has_healed_the_pause_is_short_again()
    {
        Open();
        Advance(1000);
        _breaker.TryEnter();
        _breaker.Failure();
        Advance(2000);
        _breaker.TryEnter();
        _breaker.Success();
        Open();
        Advance(1000);
        _breaker.TryEnter().Should().BeTrue();
    }

    [Fact]
    public void A_trial_whose_caller_gave_up_leaves_the_next_one_its_turn()
    {
        Open();
        Advance(1000);
        _breaker.TryEnter().Should().BeTrue();
        _breaker.Abandon();
        _breaker.TryEnter().Should().BeTrue();
    }

    [Fact]
    public void Late_failures_of_requests_from_before_do_not_lengthen_the_pause()
    {
        Open();
        _breaker.Failure();
        _breaker.Failure();
        Advance(1000);
        _breaker.TryEnter().Should().BeTrue();
    }

    private void Open()
    {
        _breaker.Failure();
        _breaker.Failure();
    }

    private void Advance(int ms) => _time.Advance(TimeSpan.FromMilliseconds(ms));
}
