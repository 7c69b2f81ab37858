using OCPlatform.Media.Codecs;
using OCPlatform.Media.Quality;

namespace OCPlatform.Media.Tests.Quality;

public class EModelTests
{
    [Fact]
    public void With_all_defaults_R_is_93_2_and_the_mos_4_41()
    {
        var clean = Input(CodecImpairment.G711);

        EModel.ListeningR(clean).Should().BeApproximately(93.2, 0.05);
        EModel.ConversationalR(clean).Should().BeApproximately(93.2, 0.05);
        EModel.ListeningMos(clean).Should().BeApproximately(4.41, 0.005);
    }

    // G.107 Table B.1.
    [Theory]
    [InlineData(90, 4.34)]
    [InlineData(80, 4.03)]
    [InlineData(70, 3.60)]
    [InlineData(60, 3.10)]
    [InlineData(50, 2.58)]
    [InlineData(100, 4.5)]
    [InlineData(0, 1)]
    [InlineData(4, 1)]
    public void Mos_follows_from_R_as_tabled(double r, double mos) =>
        EModel.MosOf(r).Should().BeApproximately(mos, 0.01);

    // Ie-eff = 95·Ppl/(Ppl + Bpl), as G.113 Appendix I tables it for G.711 with and without its concealment.
    [Theory]
    [InlineData(0.01, 3.64, 17.92)]
    [InlineData(0.02, 7.01, 30.16)]
    [InlineData(0.03, 10.14, 39.04)]
    [InlineData(0.05, 15.78, 51.08)]
    public void Loss_costs_what_the_planning_values_say(double loss, double concealed, double silent)
    {
        EModel.EffectiveImpairment(Input(CodecImpairment.G711, loss)).Should().BeApproximately(concealed, 0.01);
        EModel
            .EffectiveImpairment(Input(CodecImpairment.G711WithoutConcealment, loss))
            .Should()
            .BeApproximately(silent, 0.01);
    }

    [Theory]
    [InlineData(0.01, 4.33)]
    [InlineData(0.03, 4.13)]
    [InlineData(0.05, 3.92)]
    public void The_mos_of_G711_under_random_loss(double loss, double mos) =>
        EModel.ListeningMos(Input(CodecImpairment.G711, loss)).Should().BeApproximately(mos, 0.02);

    // Idd of G.107 §7.3: 0 up to 100 ms, then by the formula; with an echo path loss of 65 dB, echo adds to it.
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(100, 1, 3)]
    [InlineData(150, 2, 5)]
    [InlineData(300, 17, 23)]
    [InlineData(400, 24, 32)]
    public void Delay_costs_little_up_to_150_ms_and_much_beyond_300(double ms, double least, double most) =>
        EModel.DelayImpairment(ms).Should().BeInRange(least, most);

    [Fact]
    public void Delay_never_improves_a_call()
    {
        var before = -1.0;
        for (var ms = 0; ms <= 1000; ms += 5)
        {
            var id = EModel.DelayImpairment(ms);
            id.Should().BeGreaterThanOrEqualTo(before);
            before = id;
        }
    }

    [Fact]
    public void Bursty_loss_is_worse_than_random_loss()
    {
        var random = EModel.ListeningMos(Input(CodecImpairment.G711, 0.03));
        var bursty = EModel.ListeningMos(Input(CodecImpairment.G711, 0.03) with { BurstRatio = 3 });

        bursty.Should().BeLessThan(random);
    }

    [Theory]
    [InlineData(AudioCodec.G722, 89.9)]
    [InlineData(AudioCodec.Opus, 89.9)]
    [InlineData(AudioCodec.L16, 100)]
    public void Wideband_codecs_are_rated_on_the_wideband_scale(AudioCodec codec, double rx)
    {
        var input = Input(CodecImpairment.Of(codec));

        input.Codec.Wideband.Should().BeTrue();
        EModel.ListeningMos(input).Should().BeApproximately(EModel.MosOf(rx), 0.005);
    }

    [Fact]
    public void Nothing_heard_at_all_is_the_worst_there_is()
    {
        foreach (var codec in Enum.GetValues<AudioCodec>())
            EModel.ListeningMos(Input(CodecImpairment.Of(codec), 1) with { BurstRatio = 50 }).Should().BeLessThan(1.5);
    }

    private static EModelInput Input(CodecImpairment codec, double loss = 0) => new(codec, loss, 1, 0);
}
