using System.Diagnostics.Metrics;

namespace OCPlatform.Gateways.Chat;

/// <summary>What the chat gateway measures, as instruments of the meter "OCPlatform.Chat".</summary>
public sealed class ChatMetrics : IDisposable
{
    public const string MeterName = "OCPlatform.Chat";

    private readonly Meter _meter = new(MeterName);
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _errors;

    public ChatMetrics()
    {
        _connections = _meter.CreateUpDownCounter<long>("ocp_chat_connections", description: "Open chat connections.");
        _refused = _meter.CreateCounter<long>("ocp_chat_refused", description: "Connections refused, by reason.");
        _closed = _meter.CreateCounter<long>(
            "ocp_chat_closed",
            description: "Connections closed by us, by close code."
        );
        _received = _meter.CreateCounter<long>("ocp_chat_messages_received", description: "Messages from clients.");
        _sent = _meter.CreateCounter<long>("ocp_chat_messages_sent", description: "Messages to clients.");
        _errors = _meter.CreateCounter<long>("ocp_chat_errors", description: "Error messages to clients, by code.");
    }

    internal void Connected() => _connections.Add(1);

    internal void Disconnected() => _connections.Add(-1);

    internal void Refused(ChatRefusal reason) =>
        _refused.Add(1, new KeyValuePair<string, object?>("reason", $"{reason}"));

    internal void Closed(ChatClose close) => _closed.Add(1, new KeyValuePair<string, object?>("code", close.Code));

    internal void Received() => _received.Add(1);

    internal void Sent(ServerMessage message)
    {
        _sent.Add(1);
        if (message is ServerMessage.Error error)
        {
            _errors.Add(1, new KeyValuePair<string, object?>("code", $"{error.Code}"));
        }
    }

    public void Dispose() => _meter.Dispose();
}
