using System.Diagnostics.Metrics;

namespace OCPlatform.Gateways.Sip.Messaging;

/// <summary>What the texts by SIP measure, as instruments of the meter "OCPlatform.SipMessaging".</summary>
public sealed class MessagingMetrics : IDisposable
{
    private readonly Meter _meter = new("OCPlatform.SipMessaging");
    private readonly Counter<long> _answered;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _givenUp;
    private readonly UpDownCounter<long> _conversations;

    public MessagingMetrics()
    {
        _answered = _meter.CreateCounter<long>(
            "ocp_sip_messages_answered",
            description: "MESSAGE requests of admitted senders, by status of the answer."
        );
        _sent = _meter.CreateCounter<long>(
            "ocp_sip_replies_sent",
            description: "MESSAGE requests with an agent's reply that the phone took."
        );
        _givenUp = _meter.CreateCounter<long>(
            "ocp_sip_replies_given_up",
            description: "Replies of an agent, or the rest of one, that did not reach the phone."
        );
        _conversations = _meter.CreateUpDownCounter<long>(
            "ocp_sip_message_conversations",
            description: "Conversations by SIP MESSAGE that are open here."
        );
    }

    internal void Answered(int status) => _answered.Add(1, KeyValuePair.Create("status", (object?)status));

    internal void ReplySent() => _sent.Add(1);

    internal void RepliesGivenUp(int count) => _givenUp.Add(count);

    internal void Opened() => _conversations.Add(1);

    internal void Closed() => _conversations.Add(-1);

    public void Dispose() => _meter.Dispose();
}
