using OCPlatform.Sip;
using OCPlatform.Sip.Dialogs;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>A subscription with its SIP dialog: whom it tells, and how that one is reached.</summary>
internal sealed class Watcher
{
    private readonly SipDialog _dialog;
    private readonly SipFlow _flow;
    private readonly bool _direct;
    private readonly string _event;
    private readonly string _entity;
    private readonly bool _revealIds;

    /// <param name="subscribe">The first SUBSCRIBE; it has a Contact.</param>
    /// <param name="contact">Ours, as the subscriber reaches it.</param>
    public Watcher(AdmittedRequest subscribe, SubscribeVerdict verdict, SipUri contact, SubscriptionOptions options)
    {
        var request = subscribe.Request;
        LocalTag = SipToken.NewTag();
        Contact = contact;
        Account = subscribe.Identity.Account;
        Resource = CallStates.ResourceOf(request.RequestUri);
        Subscription = new Subscription(options, verdict.Filter);
        _dialog = SipDialog.CreateUas(request, LocalTag, contact, confirmed: true)!;
        _flow = subscribe.Received.Flow;
        _direct = request.Vias.Count == 1;
        _event = verdict.Event;
        _entity = (request.RequestUri with { Parameters = SipParameters.Empty, Headers = null }).ToString();
        _revealIds = options.RevealDialogIds;
    }

    public string LocalTag { get; }

    public SipUri Contact { get; }

    /// <summary>Whose share it counts against.</summary>
    public string Account { get; }

    /// <summary>What is watched.</summary>
    public string Resource { get; }

    public Subscription Subscription { get; }

    public string Event => _event;

    /// <summary>Judges a SUBSCRIBE in the dialog, and takes a new Contact from it.</summary>
    public SipDialogCheck OnRefresh(SipRequest request)
    {
        var check = _dialog.OnRequest(request);
        if (check == SipDialogCheck.Accepted)
        {
            _dialog.RefreshTarget(request);
        }
        return check;
    }

    public SipRequest CreateNotify(Notification notification)
    {
        var notify = _dialog.CreateRequest(SipMethod.Notify);
        notify.Headers.Add(SipHeaderId.Event, _event).Add(SipHeaderId.SubscriptionState, notification.State);
        var body = DialogInfo.Write(notification.Version, notification.Full, _entity, notification.Dialogs, _revealIds);
        notify.SetBody(body, DialogInfo.ContentType);
        return notify;
    }

    /// <summary>
    /// A subscriber that came to us directly may sit behind a NAT, so it is told the way it came. Behind proxies its route
    /// set decides, or its Contact.
    /// </summary>
    public SipDestination Destination =>
        _direct && _dialog.State.RouteSet.Count == 0
            ? _flow.Remote
            : SipDestination.FromUri(_dialog.NextHop) ?? _flow.Remote;
}
