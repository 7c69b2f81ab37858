using System.Runtime.InteropServices;

namespace OCPlatform.AiAdapters.SpeechToText.Moonshine;

/// <summary>
/// Stops a decoder that goes round in circles, which autoregressive recognisers do on noise and on cut-off speech. People
/// do repeat themselves, digits above all ("five five five five"), so the limit is generous for short patterns.
/// </summary>
internal static class RepetitionGuard
{
    private const int LongestPattern = 16;
    private const int LeastTail = 24;

    /// <summary>Cuts a circling tail down to one round.</summary>
    /// <returns>true when it did: decoding should end.</returns>
    public static bool Cut(List<int> tokens)
    {
        var all = CollectionsMarshal.AsSpan(tokens);
        for (var length = 1; length <= LongestPattern; length++)
        {
            var rounds = Math.Clamp((LeastTail + length - 1) / length, 3, 8);
            if (all.Length < length * rounds)
                continue;
            var tail = all[^(length * rounds)..];
            if (!tail[length..].SequenceEqual(tail[..^length]))
                continue;
            tokens.RemoveRange(tokens.Count - length * (rounds - 1), length * (rounds - 1));
            return true;
        }

        return false;
    }
}
