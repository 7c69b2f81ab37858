using System.Text;

namespace OCPlatform.Sip.Sessions;

/// <summary>
/// Where offer and answer of one dialog stand (RFC 3264 §4): one offer at a time, and a refused one leaves things as they were.
/// </summary>
internal sealed class OfferAnswer
{
    private string? _offered;

    public SipOfferState State { get; private set; }

    /// <summary>Our description in force.</summary>
    public string? Local { get; private set; }

    /// <summary>An offer of either side waits for its answer.</summary>
    public bool IsOpen => State is SipOfferState.LocalOffer or SipOfferState.RemoteOffer;

    public static OfferAnswer Restore(SipOfferState state, string? local, string? offered) =>
        new()
        {
            State = state,
            Local = local,
            _offered = offered,
        };

    /// <summary>Our description that waits for the answer; null when there is none.</summary>
    public string? Offered => State == SipOfferState.LocalOffer ? _offered : null;

    public void OfferSent(ReadOnlyMemory<byte> body)
    {
        _offered = Encoding.UTF8.GetString(body.Span);
        State = SipOfferState.LocalOffer;
    }

    public void OfferReceived() => State = SipOfferState.RemoteOffer;

    public void AnswerSent(ReadOnlyMemory<byte> body)
    {
        Local = Encoding.UTF8.GetString(body.Span);
        State = SipOfferState.Stable;
    }

    public void AnswerReceived()
    {
        Local = _offered;
        State = SipOfferState.Stable;
    }

    /// <summary>Our open offer came to nothing; one of the peer that has come since stays open.</summary>
    public void DropOurs() => Drop(SipOfferState.LocalOffer);

    /// <summary>The peer's open offer came to nothing.</summary>
    public void DropPeers() => Drop(SipOfferState.RemoteOffer);

    private void Drop(SipOfferState open)
    {
        if (State == open)
        {
            State = Local is null ? SipOfferState.None : SipOfferState.Stable;
        }
    }

    /// <summary>For another fork of the same INVITE.</summary>
    public OfferAnswer Copy() => (OfferAnswer)MemberwiseClone();
}
