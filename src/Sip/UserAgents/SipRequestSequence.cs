namespace OCPlatform.Sip.UserAgents;

/// <summary>
/// CSeq numbers in the order in which the requests of one dialog leave (RFC 3261 §12.2.1.1). Whoever sends a request a second time, after a
/// challenge or to another target, needs a new number for it; by then the dialog may have used the next ones for other requests, and a
/// number that comes too late is refused with 500. One for each dialog and direction; not thread-safe.
/// </summary>
public sealed class SipRequestSequence
{
    private uint _last;

    /// <summary>Gives the request its number: its own when that is still free, else the next. ACK and CANCEL keep the number of their INVITE.</summary>
    public void Number(SipRequest request)
    {
        if (request.Method is SipMethod.Ack or SipMethod.Cancel)
        {
            return;
        }
        var (number, method) = request.CSeq;
        if (number <= _last)
        {
            request.CSeq = new CSeq(_last + 1, method);
        }
        _last = Math.Max(number, _last + 1);
    }
}
