using System.Threading.Channels;
using OCPlatform.AiAdapters.TextToSpeech;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// One agent turn on its way to the phone: text comes in, clauses are synthesised ahead, audio goes out in order. It
/// knows how much of it was heard. Its audio is shared with the phrase cache, not copied. Text is added by the actor, audio arrives from synthesis and is taken by the speech pump. Audio is 8 kHz, 16 bit.
/// </summary>
internal sealed class AgentTurnAudio(int number, DateTimeOffset? askedAt)
{
    // Beyond this many clauses waiting a turn is no longer speech but a lecture; the excess is an error of the agent.
    private const int MaxClauses = 256;

    // English at the voices' pace, for clauses whose audio is not complete yet: about 15 letters a second.
    private const int SamplesPerLetter = 530;

    private readonly ClauseSplitter _splitter = new();
    private readonly Channel<string> _texts = Channel.CreateBounded<string>(MaxClauses);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Lock _lock = new();
    private readonly List<Clause> _clauses = [];
    private int _current;
    private bool _synthesised;

    private sealed class Clause(string text)
    {
        public readonly string Text = text;
        public readonly List<ReadOnlyMemory<short>> Chunks = [];
        public bool Complete;
        public long Samples;
        public long Taken;
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

    /// <summary>Adds the next piece of text. False when the turn holds too many clauses: the piece is dropped.</summary>
    public bool AddText(string text) => _splitter.Add(text).All(_texts.Writer.TryWrite);

    /// <summary>No text follows.</summary>
    public void CompleteText()
    {
        if (_splitter.Flush() is { } rest)
        {
            _texts.Writer.TryWrite(rest);
        }
        _texts.Writer.TryComplete();
    }

    /// <summary>Synthesises the clauses as they come, until all are done or the turn is abandoned.</summary>
    /// <returns>Null, or what went wrong: then the turn ends with what was synthesised.</returns>
    public async Task<Exception?> SynthesizeAsync(TextToSpeechClient tts, TextToSpeechOptions options)
    {
        try
        {
            await foreach (var text in _texts.Reader.ReadAllAsync(_abandoned.Token))
            {
                await SynthesizeAsync(text, tts, options);
            }
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

    private async Task SynthesizeAsync(string text, TextToSpeechClient tts, TextToSpeechOptions options)
    {
        var clause = new Clause(text);
        lock (_lock)
        {
            _clauses.Add(clause);
        }
        await foreach (var chunk in tts.SynthesizeAsync(text.Trim(), options, _abandoned.Token))
        {
            lock (_lock)
            {
                clause.Chunks.Add(chunk);
                clause.Samples += chunk.Length;
            }
        }
        lock (_lock)
        {
            clause.Complete = true;
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

    private static long ExpectedSamples(Clause clause) =>
        clause.Complete ? clause.Samples : Math.Max(clause.Samples, (long)clause.Text.Length * SamplesPerLetter);
}
