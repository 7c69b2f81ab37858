using Akka.Event;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip.Listeners;

/// <summary>
/// Logs the ends of connections that an operator can do something about, at a limited rate: whoever knocks all day does not
/// fill the disk. Thread-safe.
/// </summary>
internal sealed class ConnectionLog(ILoggingAdapter log, TimeProvider time)
{
    private const int MostPerWindow = 20;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long _windowSince;
    private int _inWindow;
    private int _kept;

    public void OnClosed(SipConnectionReport report)
    {
        if (!IsWorthALine(report) || !TryTake(out var keptBack))
        {
            return;
        }
        log.Warning(
            "SIP connection {Direction} {Remote} ended: {End} ({Detail}){More}",
            report.IsIncoming ? "from" : "to",
            report.Remote,
            report.End,
            report.Detail,
            keptBack > 0 ? $"; {keptBack} more like it were not logged" : ""
        );
    }

    /// <summary>Scanners that speak no SIP, and peers that just hang up, are only counted.</summary>
    private static bool IsWorthALine(SipConnectionReport report) =>
        report.End switch
        {
            ConnectionEnd.TlsFailed or ConnectionEnd.UpgradeFailed or ConnectionEnd.PeerDoesNotRead => true,
            ConnectionEnd.Broken
            or ConnectionEnd.ConnectTimeout
            or ConnectionEnd.HandshakeTimeout
            or ConnectionEnd.NoPong => !report.IsIncoming,
            _ => false,
        };

    private bool TryTake(out int keptBack)
    {
        lock (_lock)
        {
            keptBack = 0;
            if (time.GetElapsedTime(_windowSince) > Window)
            {
                (_windowSince, _inWindow) = (time.GetTimestamp(), 0);
            }
            if (_inWindow >= MostPerWindow)
            {
                _kept++;
                return false;
            }
            _inWindow++;
            (keptBack, _kept) = (_kept, 0);
            return true;
        }
    }
}
