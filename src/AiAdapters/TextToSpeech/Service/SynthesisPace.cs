namespace OCPlatform.AiAdapters.TextToSpeech.Service;

/// <summary>
/// How quick a synthesiser has been of late, for a guess of how quick it will be. A clause that was not there in time counts
/// at once and in full, so that not every caller waits to find out; clauses that are finished bring the guess back down.
/// Thread-safe.
/// </summary>
internal sealed class SynthesisPace
{
    private const double Smoothing = 0.3;

    private readonly Lock _lock = new();

    // Guesses that the first clauses correct: 15 characters a second at 0.3 CPU s per second.
    private double _msPerCharacter = 20;
    private double _msPerClause = 600;

    /// <param name="characters">Length of the clause.</param>
    /// <param name="clausesAhead">Clauses that each worker has to finish first.</param>
    public TimeSpan Estimate(int characters, double clausesAhead)
    {
        lock (_lock)
            return TimeSpan.FromMilliseconds(clausesAhead * _msPerClause + characters * _msPerCharacter);
    }

    /// <summary>A clause was finished after so long a time of work.</summary>
    public void Finished(int characters, TimeSpan work)
    {
        lock (_lock)
        {
            _msPerCharacter += Smoothing * (work.TotalMilliseconds / Math.Max(characters, 1) - _msPerCharacter);
            _msPerClause += Smoothing * (work.TotalMilliseconds - _msPerClause);
        }
    }

    /// <summary>A clause was still not there after so long a wait.</summary>
    public void Late(int characters, TimeSpan waited)
    {
        lock (_lock)
            _msPerCharacter = Math.Max(_msPerCharacter, 1.1 * waited.TotalMilliseconds / Math.Max(characters, 1));
    }
}
