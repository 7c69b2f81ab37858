using OCPlatform.Gateways.Sip;
using OCPlatform.Sip;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Tests.Sip.Outbound;

public sealed class RegistrationCycleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SipDestination First = SipDestination.Parse("UDP:192.0.2.1:5060");
    private static readonly SipDestination Second = SipDestination.Parse("UDP:192.0.2.2:5060");
    private static readonly RegistrationStep.Register ToFirst = new(First, 600);

    private readonly TrunkSettings _trunk = TrunkSettings.From(
        new TrunkOptions
        {
            Name = "carrier",
            Domain = "sip.example.com",
            Username = "u",
            Password = "p",
            Register = true,
        }
    );

    private readonly RegistrationCycle _cycle;

    public RegistrationCycleTests() => _cycle = new RegistrationCycle(_trunk, new Random(1), Noon);

    [Theory]
    [InlineData("expires=300", null, 300)]
    [InlineData("q=1", "120", 120)]
    [InlineData("q=1", null, 600)]
    public void The_granted_expiry_decides_when_it_is_refreshed(string parameter, string? expires, int granted)
    {
        Begin();
        var response = Response(200);
        response.Headers.Add(SipHeaderId.Contact, "<sip:other@192.0.2.9>;expires=10");
        response.Headers.Add(SipHeaderId.Contact, $"<sip:{_trunk.ContactUser}@192.0.2.200>;{parameter}");
        if (expires is not null)
        {
            response.Headers.Add(SipHeaderId.Expires, expires);
        }

        var step = Answer(response);

        step.Should().Be(new RegistrationStep.Wait(TimeSpan.FromSeconds(RegistrationCycle.RefreshAfter(granted))));
        _cycle.Status.State.Should().Be(RegistrationState.Registered);
        _cycle.Status.ExpiresAt.Should().Be(Noon.AddSeconds(granted));
        _cycle.OnWaited().Should().Be(ToFirst, "a refresh goes where the binding is");
    }

    [Theory]
    [InlineData(3600, 3240)]
    [InlineData(600, 540)]
    [InlineData(60, 30)]
    [InlineData(20, 10)]
    public void It_is_refreshed_well_before_it_expires(int granted, double after) =>
        RegistrationCycle.RefreshAfter(granted).Should().Be(after);

    [Fact]
    public void An_interval_too_brief_is_asked_for_again_as_the_registrar_wants_it()
    {
        Begin();
        var tooBrief = Response(423);
        tooBrief.Headers.Add(SipHeaderId.MinExpires, "1800");

        Answer(tooBrief).Should().Be(new RegistrationStep.Register(First, 1800));
    }

    [Theory]
    [InlineData("60")]
    [InlineData("999999999")]
    [InlineData("soon")]
    public void A_423_that_makes_no_sense_does_not_loop(string least)
    {
        Begin();
        var tooBrief = Response(423);
        tooBrief.Headers.Add(SipHeaderId.MinExpires, least);

        Answer(tooBrief).Should().BeOfType<RegistrationStep.Wait>();
    }

    [Theory]
    [InlineData(503)]
    [InlineData(408)]
    [InlineData(0)]
    public void A_registrar_that_does_not_serve_gives_way_to_the_next(int status)
    {
        Begin();
        var step = status == 0 ? _cycle.OnSilence("no answer", Noon) : Answer(Response(status));

        step.Should().Be(new RegistrationStep.Register(Second, 600));
    }

    [Fact]
    public void A_refusal_is_not_taken_to_another_registrar()
    {
        Begin();

        Answer(Response(403)).Should().BeOfType<RegistrationStep.Wait>();
        _cycle.Status.State.Should().Be(RegistrationState.Failed);
        _cycle.Status.LastCause.Should().Contain("403");
        _cycle.OnWaited().Should().BeOfType<RegistrationStep.Resolve>();
    }

    [Fact]
    public void The_wait_doubles_with_each_failure_up_to_its_bound_and_is_never_the_same_for_all()
    {
        var waits = new List<double>();
        for (var i = 0; i < 12; i++)
        {
            Begin();
            waits.Add(((RegistrationStep.Wait)Answer(Response(403))).Time.TotalSeconds);
        }

        waits[0].Should().BeInRange(15, 30);
        waits[1].Should().BeInRange(30, 60);
        waits[2].Should().BeInRange(60, 120);
        waits[11].Should().BeInRange(900, 1800);
    }

    [Fact]
    public void Retry_After_is_waited_for()
    {
        Begin();
        var refusal = Response(403);
        refusal.RetryAfter = 500;

        ((RegistrationStep.Wait)Answer(refusal)).Time.TotalSeconds.Should().Be(500);
    }

    [Fact]
    public void A_lost_refresh_moves_to_another_registrar_and_the_binding_still_counts_until_it_expires()
    {
        Begin();
        Answer(Response(200));
        _cycle.OnWaited();

        _cycle.OnSilence("no answer", Noon).Should().Be(new RegistrationStep.Register(Second, 600));
        Answer(Response(200));
        _cycle.Status.Registrar.Should().Be(Second.ToString());
    }

    [Fact]
    public void At_the_stop_the_binding_is_taken_back_once()
    {
        Begin();
        Answer(Response(200));

        _cycle.Stop(Noon).Should().Be(new RegistrationStep.Register(First, 0));
        Answer(Response(200)).Should().BeOfType<RegistrationStep.Done>();
        _cycle.Status.State.Should().Be(RegistrationState.Unregistered);
    }

    [Fact]
    public void Without_a_binding_there_is_nothing_to_take_back()
    {
        Begin();

        _cycle.Stop(Noon).Should().BeOfType<RegistrationStep.Done>();
    }

    private void Begin() => _cycle.OnResolved([First, Second], null, Noon).Should().Be(ToFirst);

    private RegistrationStep Answer(SipResponse response) => _cycle.OnResponse(response, _trunk.ContactUser!, Noon);

    private static SipResponse Response(int status)
    {
        var uri = SipUri.Parse("sip:sip.example.com");
        var request = SipRequest.Create(SipMethod.Register, uri, new NameAddress(uri));
        request.Headers.AddFirst(SipHeaderId.Via, "SIP/2.0/UDP 192.0.2.200;branch=z9hG4bK1");
        return SipResponse.Create(request, status);
    }
}
