namespace OCPlatform.LoadTest;

/// <summary>Makes scripts of scenarios: has every line spoken, or read from its recording, before the first call.</summary>
public sealed class ScriptStudio(FliteVoice flite)
{
    /// <param name="voice">For lines and scenarios that name none.</param>
    /// <exception cref="FliteException">A line could not be spoken.</exception>
    /// <exception cref="InvalidDataException">A recording cannot be used.</exception>
    public async Task<CallerScript> PrepareAsync(Scenario scenario, string voice, CancellationToken stop = default)
    {
        var lines = new List<CallerLine>();
        foreach (var line in scenario.Lines)
        {
            lines.Add(await PrepareAsync(line, scenario.Voice ?? voice, stop));
        }
        return new CallerScript
        {
            Name = scenario.Name,
            Greeting = scenario.Greeting,
            ReplyTimeout = scenario.ReplyTimeout,
            EndOfSpeech = scenario.EndOfSpeech,
            End = scenario.End,
            Repeat = scenario.Repeat,
            Lines = lines,
        };
    }

    private async Task<CallerLine> PrepareAsync(ScenarioLine line, string voice, CancellationToken stop)
    {
        var prepared = line switch
        {
            SayLine say => Spoken(await flite.SayAsync(say.Text, say.Voice ?? voice, stop)),
            WavLine wav => Spoken(TelephoneAudio.ReadLine(wav.Path)),
            DtmfLine dtmf => new CallerLine { Text = dtmf.Digits, Digits = dtmf.Digits },
            SilenceLine silence => new CallerLine { Text = "", Silence = silence.Duration },
            _ => throw new ArgumentOutOfRangeException(nameof(line)),
        };
        return prepared with { Think = line.Think, BargeIn = line.BargeIn, ReplyRequired = line.ReplyRequired };

        static CallerLine Spoken(SpokenLine speech) => new() { Text = speech.Text, Speech = speech };
    }
}
