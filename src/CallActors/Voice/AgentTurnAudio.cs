using System.Threading.Channels;
using OCPlatform.AiAdapters.TextToSpeech;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// One agent turn on its way to the phone: text comes in, clauses are synthesised ahead, audio goes out in order. It
/// knows how much of it was heard. Its audio is shared with the phrase cache, not copied. Text is added by the actor,
/// audio arrives from synthesis and is taken by the speech pump. Audio is 16 bit
/// at <paramref name="sampleRateHz"/>.
/// </summary>
internal sealed class AgentTurnAudio(int number, DateTimeOffset? askedAt, int sampleRateHz)
{
    // Beyond this many clauses waiting a turn is no longer speech but a lecture; the excess is an error of the agent.
    private const int MaxClauses = 256;

    // English at the voices' pace, for clauses whose audio is not complete yet.
    private const int LettersPerSecond = 15;

    // Pieces are made two at a time: the next is ready, or nearly, when one has been spoken.
    private const int MadeAtOnce = 2;

    // Silence between pieces, as a speaker breathes.
    private const int SentencePauseMs = 260;
    private const int ClausePauseMs = 140;
    private const int MaxSampleRateHz = 16_000;

    private static readonly ReadOnlyMemory<short> Silence = new short[SentencePauseMs * MaxSampleRateHz / 1000];

    private readonly Channel<string> _texts = Channel.CreateBounded<string>(MaxClauses);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Lock _lock = new();
    private readonly List<Clause> _clauses = [];
    private int _current;
    private int _marked;
    private bool _synthesised;

    private sealed class Clause(string text)
    {
        public readonly string Text = text;
        public readonly List<ReadOnlyMemory<short>> Chunks = [];
        public bool Complete;
        public long Samples;
        public long Taken;

        public void Add(ReadOnlyMemory<short> chunk)
        {
            Chunks.Add(chunk);
            Samples += chunk.Length;
        }
    }

    public int Number { get; } = number;

    /// <summary>When the speech that this turn answers ended; null for the greeting.</summary>
    public DateTimeOffset? AskedAt { get; } = askedAt;

    /// <summary>When its first audio was handed to the phone; null before that. Written by the pump.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>All text is in and synthesised, and all of it has been taken.</summary>
    public bool AllTaken
    {
        get
        {
            lock (_lock)
            {
                SkipTakenClauses();
                return _synthesised && _current == _clauses.Count;
            }
        }
    }

    /// <summary>Adds the next piece of text: a clause or a sentence. False when the turn holds too many: it is dropped.</summary>
    public bool AddText(string text) => string.IsNullOrWhiteSpace(text) || _texts.Writer.TryWrite(text);

    /// <summary>No text follows.</summary>
    public void CompleteText() => _texts.Writer.TryComplete();

    /// <summary>Synthesises the clauses as they come, until all are done or the turn is abandoned.</summary>
    /// <returns>Null, or what went wrong: then the turn ends with what was synthesised.</returns>
    public async Task<Exception?> SynthesizeAsync(TextToSpeechClient tts, TextToSpeechOptions options)
    {
        try
        {
            var places = new SemaphoreSlim(MadeAtOnce);
            List<Task> made = [];
            await foreach (var text in _texts.Reader.ReadAllAsync(_abandoned.Token))
            {
                await places.WaitAsync(_abandoned.Token);
                made.Add(SynthesizeAsync(AddClause(text), tts, options, places));
            }
            await Task.WhenAll(made);
            return null;
        }
        catch (OperationCanceledException) when (_abandoned.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
        finally
        {
            lock (_lock)
            {
                _synthesised = true;
            }
        }
    }

    private Clause AddClause(string text)
    {
        var clause = new Clause(text);
        lock (_lock)
        {
            if (_clauses is [.., var previous])
            {
                var isSentence = previous.Text.TrimEnd() is [.., '.' or '!' or '?'];
                clause.Add(Silence[..((isSentence ? SentencePauseMs : ClausePauseMs) * sampleRateHz / 1000)]);
            }
            _clauses.Add(clause);
        }
        return clause;
    }

    private async Task SynthesizeAsync(
        Clause clause,
        TextToSpeechClient tts,
        TextToSpeechOptions options,
        SemaphoreSlim places
    )
    {
        try
        {
            await foreach (var chunk in tts.SynthesizeAsync(clause.Text.Trim(), options, _abandoned.Token))
            {
                lock (_lock)
                {
                    clause.Add(chunk);
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                clause.Complete = true;
            }
            places.Release();
        }
    }

    /// <summary>Copies the next audio into the destination; returns how many samples there were.</summary>
    public int Take(Span<short> destination)
    {
        lock (_lock)
        {
            SkipTakenClauses();
            if (_current == _clauses.Count)
            {
                return 0;
            }
            var clause = _clauses[_current];
            var skip = clause.Taken;
            foreach (var chunk in clause.Chunks)
            {
                if (skip < chunk.Length)
                {
                    var count = Math.Min(destination.Length, chunk.Length - (int)skip);
                    chunk.Span.Slice((int)skip, count).CopyTo(destination);
                    clause.Taken += count;
                    return count;
                }
                skip -= chunk.Length;
            }
            return 0;
        }
    }

    /// <summary>The last samples taken were never sent: they count as not heard.</summary>
    public void PutBack(long samples)
    {
        lock (_lock)
        {
            for (var i = Math.Min(_current, _clauses.Count - 1); i >= 0 && samples > 0; i--)
            {
                var back = Math.Min(samples, _clauses[i].Taken);
                _clauses[i].Taken -= back;
                samples -= back;
                _current = i;
            }
        }
    }

    /// <summary>What has been heard so far.</summary>
    public string Heard()
    {
        lock (_lock)
        {
            return HeardText.Of(_clauses.Select(c => new ClausePlayed(c.Text, ExpectedSamples(c), c.Taken)));
        }
    }

    /// <summary>
    /// What has been heard when one more clause has been sent to its end; null while none has. Not told of the last clause,
    /// which is the end of the turn.
    /// </summary>
    /// <param name="unsent">Samples taken that were not sent yet.</param>
    public string? TakeMark(long unsent)
    {
        lock (_lock)
        {
            var behind = 0L;
            for (var i = Math.Min(_current, _clauses.Count - 1); i >= _marked; i--)
            {
                var clause = _clauses[i];
                var isTaken = clause.Complete && clause.Taken >= clause.Samples;
                if (isTaken && behind >= unsent && !(_synthesised && i == _clauses.Count - 1))
                {
                    _marked = i + 1;
                    return string.Concat(_clauses.Take(_marked).Select(c => c.Text)).Trim();
                }
                behind += clause.Taken;
            }
            return null;
        }
    }

    /// <summary>Nothing of a clause has been taken whose rest has not.</summary>
    public bool IsBetweenClauses
    {
        get
        {
            lock (_lock)
            {
                SkipTakenClauses();
                return _current == _clauses.Count || _clauses[_current].Taken == 0;
            }
        }
    }

    /// <summary>Nothing more of this turn will be said: synthesis stops.</summary>
    public void Abandon() => _abandoned.Cancel();

    private void SkipTakenClauses()
    {
        while (
            _current < _clauses.Count
            && _clauses[_current].Complete
            && _clauses[_current].Taken >= _clauses[_current].Samples
        )
        {
            _current++;
        }
    }

    private long ExpectedSamples(Clause clause) =>
        clause.Complete
            ? clause.Samples
            : Math.Max(clause.Samples, (long)clause.Text.Length * sampleRateHz / LettersPerSecond);
}
