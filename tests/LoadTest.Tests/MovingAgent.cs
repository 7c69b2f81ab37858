using System.Net;
using System.Text;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.LoadTest.Tests;

/// <summary>
/// A user agent server whose media goes from one engine to another in the middle of the call, as a platform's does whose node
/// died or leaves. It speaks all the time, or stays silent.
/// </summary>
internal sealed class MovingAgent : IAsyncDisposable
{
    private static readonly short[] Speech = Signals.Voice(900);

    private readonly MediaEngine _first;
    private readonly MediaEngine _second;
    private readonly SipUserAgent _agent;

    public MovingAgent(int firstPort)
    {
        _first = Engine("127.0.0.1", firstPort);
        _second = Engine("127.0.0.2", firstPort);
        _agent = SipUserAgent.OverUdp(
            new IPEndPoint(IPAddress.Loopback, 0),
            new SipUserAgentOptions { OnIncomingCall = OnCall }
        );
        _agent.Start();
    }

    public SipUri Address => SipUri.Create("agent", _agent.LocalEndPoint);

    /// <summary>Silence between the end of the first engine's stream and the offer of the second.</summary>
    public TimeSpan Gap { get; init; }

    /// <summary>The first engine's stream goes on for so long after the second's has begun.</summary>
    public TimeSpan Ghost { get; init; }

    public bool GhostSpeaks { get; init; }

    /// <summary>After the gap nobody comes back.</summary>
    public bool StaysAway { get; init; }

    public TimeSpan MovesAfter { get; init; } = TimeSpan.FromMilliseconds(800);

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    private static MediaEngine Engine(string address, int firstPort) =>
        new(
            new MediaOptions
            {
                BindAddress = address,
                PortRangeStart = firstPort,
                PortRangeEnd = firstPort + 99,
                PortRestSeconds = 0,
                ClockThreads = 1,
            }
        );

    private void OnCall(SipCall call)
    {
        SessionDescription.TryParse(call.Invite.Body.Span, out var offer, out _).Should().BeTrue();
        var talker = new Talker();
        var session = _first.TryOpenSession(talker)!;
        var answer = OfferAnswer.Answer(
            offer!,
            MediaCapabilities.Default,
            new LocalMedia("127.0.0.1", session.LocalPort, 1, 1)
        );
        call.Answer(Encoding.UTF8.GetBytes(answer.Description!.ToString()));
        session.Start(answer.Media!);
        talker.Begin(session);
        _ = MoveAsync(call, talker, session, answer.Media!);
    }

    private async Task MoveAsync(SipCall call, Talker ghost, MediaSession before, NegotiatedMedia media)
    {
        await Task.Delay(MovesAfter, TimeProvider.System);
        if (Gap > TimeSpan.Zero || StaysAway)
        {
            before.Dispose();
            await Task.Delay(Gap, TimeProvider.System);
        }
        if (StaysAway)
        {
            return;
        }
        var talker = new Talker();
        var after = _second.TryOpenSession(talker)!;
        var moved = new LocalMedia("127.0.0.2", after.LocalPort, media.SessionId, media.SessionVersion + 1);
        var offer = OfferAnswer.Offer(MediaCapabilities.Default, moved, media);
        var invited = await call.ReinviteAsync(Encoding.UTF8.GetBytes(offer.ToString()));
        invited.IsSuccess.Should().BeTrue();
        SessionDescription.TryParse(invited.Body.Span, out var answer, out _).Should().BeTrue();
        after.Start(OfferAnswer.AcceptAnswer(offer, answer!, MediaCapabilities.Default).Media!);
        talker.Begin(after);
        if (!GhostSpeaks)
        {
            ghost.Stop();
        }
        await Task.Delay(Ghost, TimeProvider.System);
        before.Dispose();
        await call.Ended;
        after.Dispose();
    }

    /// <summary>Speech without an end, until it is told to stop.</summary>
    private sealed class Talker : IMediaSink
    {
        private volatile MediaSession? _session;

        public void Begin(MediaSession session) => _session = session;

        public void Stop()
        {
            _session?.Playout.Clear();
            _session = null;
        }

        public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info) => _session?.Playout.TryEnqueue(Speech);
    }
}
