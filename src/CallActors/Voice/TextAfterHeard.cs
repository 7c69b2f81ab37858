namespace OCPlatform.CallActors.Voice;

/// <summary>
/// Skips, in a turn that is told once more from its start, what of it was heard before. Pieces come as the conversation cuts
/// them, maybe elsewhere than the first time; white space does not count. Where the text turns out to be another one,
/// because it was thought of anew, all of the piece is spoken that differs, and all that follow.
/// </summary>
/// <param name="heard">What was heard, from the turn's start, in whole words.</param>
public sealed class TextAfterHeard(string heard)
{
    private int _at;
    private bool _isPast;

    /// <summary>What is to be spoken of the turn's next piece; empty for nothing.</summary>
    public string Take(string piece)
    {
        if (_isPast)
        {
            return piece;
        }
        var i = 0;
        while (true)
        {
            while (_at < heard.Length && char.IsWhiteSpace(heard[_at]))
            {
                _at++;
            }
            if (_at == heard.Length)
            {
                _isPast = true;
                var isInWord =
                    i > 0 && i < piece.Length && char.IsLetterOrDigit(piece[i - 1]) && char.IsLetterOrDigit(piece[i]);
                return isInWord ? piece : piece[i..].TrimStart();
            }
            while (i < piece.Length && char.IsWhiteSpace(piece[i]))
            {
                i++;
            }
            if (i == piece.Length)
            {
                return "";
            }
            if (piece[i] != heard[_at])
            {
                _isPast = true;
                return piece;
            }
            i++;
            _at++;
        }
    }
}
