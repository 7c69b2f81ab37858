using OCPlatform.CallActors.Services;

namespace OCPlatform.CallActors.Tests.Services;

public class ServiceNumbersTests
{
    [Fact]
    public void A_services_number_is_answered_by_it_and_any_other_by_an_agent()
    {
        var numbers = new ServiceNumbers([
            new CallServiceOptions { Number = "echo" },
            new CallServiceOptions { Number = "700", Kind = CallServiceKind.Play },
            new CallServiceOptions { Number = "701", Kind = CallServiceKind.Record },
        ]);

        numbers.TryOpen("ECHO", TimeProvider.System, _ => { }).Should().BeOfType<EchoCall>();
        numbers.TryOpen("700", TimeProvider.System, _ => { }).Should().BeOfType<PlayCall>();
        numbers.TryOpen("701", TimeProvider.System, _ => { }).Should().BeOfType<RecordCall>();
        numbers.TryOpen("frontdesk", TimeProvider.System, _ => { }).Should().BeNull();
        numbers.TryOpen(null, TimeProvider.System, _ => { }).Should().BeNull();
    }

    [Fact]
    public void A_number_that_stands_twice_is_refused()
    {
        var twice = () =>
            new ServiceNumbers([new CallServiceOptions { Number = "1" }, new CallServiceOptions { Number = "1" }]);

        twice.Should().Throw<InvalidOperationException>().WithMessage("*1 stands twice*");
    }

    [Fact]
    public void A_file_that_cannot_be_played_is_named()
    {
        var missing = () =>
            new ServiceNumbers([
                new CallServiceOptions
                {
                    Number = "1",
                    Kind = CallServiceKind.Play,
                    File = "/nowhere/prompt.wav",
                },
            ]);

        missing.Should().Throw<InvalidOperationException>().WithMessage("*/nowhere/prompt.wav cannot be played*");
    }
}
