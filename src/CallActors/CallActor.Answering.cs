namespace OCPlatform.CallActors;

/// <remarks>
/// When a call that comes in is answered by itself. The 200 establishes it: from then on a crash of this process must not be
/// its end. So the journal's first write, with the INVITE and the dialog, is waited for. It costs nothing after ringing, a few
/// milliseconds without, and never more than <see cref="CallServices.SavedWithin"/>: the caller is worth more than the journal. What was
/// answered by a command has rung, and waits for nothing.
/// </remarks>
public sealed partial class CallActor
{
    private bool _answersOnceSaved;

    private sealed record AnswerDue
    {
        public static readonly AnswerDue Instance = new();
    }

    /// <summary>The call can be taken up after a crash, or there is no use in waiting for that.</summary>
    private bool IsSaved => _durable > 0 || _journalFailed || _journalAway || _services.Database.IsAway;

    private void AnswerOnceSaved()
    {
        if (IsSaved)
        {
            AnswerInvite();
            return;
        }
        _answersOnceSaved = true;
        Timers.StartSingleTimer(nameof(AnswerDue), AnswerDue.Instance, _services.SavedWithin);
    }

    private void OnAnswerDue()
    {
        if (_answersOnceSaved)
        {
            AnswerInvite();
        }
        else
        {
            AnswerOnceSaved();
        }
    }

    /// <summary>To be called whenever the journal has told something.</summary>
    private void AnswerIfSaved()
    {
        if (_answersOnceSaved && IsSaved && !_state.IsEnded)
        {
            AnswerInvite();
        }
    }
}
