using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Services;

/// <summary>What a service plays when no file is named: six plucked notes in four seconds.</summary>
internal static class BuiltInNotes
{
    private const int SampleRateHz = 16_000;
    private const int NoteSamples = SampleRateHz * 2 / 3;
    private const double Amplitude = 6_000;

    // C major, up and down again.
    private static readonly double[] Hertz = [261.63, 329.63, 392.00, 523.25, 392.00, 329.63];

    public static SharedAudio Make()
    {
        var pcm = new short[Hertz.Length * NoteSamples];
        for (var i = 0; i < pcm.Length; i++)
        {
            var seconds = (i % NoteSamples) / (double)SampleRateHz;
            var phase = 2 * Math.PI * Hertz[i / NoteSamples] * seconds;
            // Each overtone dies sooner than the one below; the attack takes 5 ms.
            var tone = 0.0;
            for (var overtone = 1; overtone <= 4; overtone++)
                tone += Math.Sin(phase * overtone) * Math.Exp(-3 * overtone * seconds) / overtone;
            pcm[i] = (short)Math.Round(Amplitude * tone * Math.Min(1, seconds / 0.005));
        }
        return new SharedAudio(pcm, SampleRateHz);
    }
}
