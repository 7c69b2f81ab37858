using System.Net;

namespace OCPlatform.Media.Engine;

/// <summary>Keeps a sink's exceptions from the clock thread, which other calls share: counts them.</summary>
internal sealed class GuardedSink(IMediaSink sink) : IMediaSink
{
    private long _faults;

    public long Faults => Volatile.Read(ref _faults);

    public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
    {
        try
        {
            sink.OnAudio(frame, info);
        }
        catch (Exception)
        {
            _faults++;
        }
    }

    public void OnDtmf(char digit, int durationMs) =>
        Guard(static (s, a) => s.OnDtmf(a.digit, a.durationMs), (digit, durationMs));

    public bool ListensForTones => sink.ListensForTones;

    public void OnFaxTone(FaxTone tone) => Guard(static (s, a) => s.OnFaxTone(a), tone);

    public void OnMark(long id) => Guard(static (s, a) => s.OnMark(a), id);

    public void OnPlayoutStarted() => Guard(static (s, _) => s.OnPlayoutStarted(), 0);

    public void OnPlayoutDrained() => Guard(static (s, _) => s.OnPlayoutDrained(), 0);

    public void OnPlayoutCleared(PlayoutCleared cleared) => Guard(static (s, a) => s.OnPlayoutCleared(a), cleared);

    public void OnPacket(in RtpArrival packet)
    {
        try
        {
            sink.OnPacket(packet);
        }
        catch (Exception)
        {
            _faults++;
        }
    }

    public bool WatchesStrangers => sink.WatchesStrangers;

    public void OnStranger(in RtpArrival packet, ReadOnlySpan<byte> payload)
    {
        try
        {
            sink.OnStranger(packet, payload);
        }
        catch (Exception)
        {
            _faults++;
        }
    }

    public void OnFirstPacket(IPEndPoint source) => Guard(static (s, a) => s.OnFirstPacket(a), source);

    public void OnMediaTimeout() => Guard(static (s, _) => s.OnMediaTimeout(), 0);

    public void OnNotSecured(string cause) => Guard(static (s, a) => s.OnNotSecured(a), cause);

    public void OnBye() => Guard(static (s, _) => s.OnBye(), 0);

    public void OnBroken(Exception cause) => Guard(static (s, a) => s.OnBroken(a), cause);

    private void Guard<T>(Action<IMediaSink, T> callback, T argument)
    {
        try
        {
            callback(sink, argument);
        }
        catch (Exception)
        {
            _faults++;
        }
    }
}
