using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;
using OCPlatform.Sip;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.LoadTest.Tests;

/// <summary>
/// A user agent server from the platform's own libraries that greets and answers every line after a set delay, and knows
/// by its own clock what the caller should measure.
/// </summary>
internal sealed class ScriptedAgent : IAsyncDisposable
{
    private readonly MediaEngine _media;
    private readonly SipUserAgent _agent;

    public ScriptedAgent(int firstPort)
    {
        _media = new MediaEngine(
            new MediaOptions
            {
                BindAddress = "127.0.0.1",
                PortRangeStart = firstPort,
                PortRangeEnd = firstPort + 199,
                PortRestSeconds = 0,
                ClockThreads = 1,
                JitterMinDelayMs = 10,
            }
        );
        _agent = SipUserAgent.OverUdp(
            new IPEndPoint(IPAddress.Loopback, 0),
            new SipUserAgentOptions { OnIncomingCall = OnCall }
        );
        _agent.Start();
    }

    public SipUri Address => SipUri.Create("agent", _agent.LocalEndPoint);

    public short[] Greeting { get; init; } = Signals.Voice(600);

    /// <summary>From the arrival of the caller's last speech to the moment the reply is handed to the playout.</summary>
    public TimeSpan ReplyDelay { get; init; } = TimeSpan.FromMilliseconds(700);

    public short[] Reply { get; init; } = Signals.Voice(500);

    /// <summary>Falls silent when the caller speaks.</summary>
    public bool Yields { get; init; }

    /// <summary>Says BYE after so many replies; null: never.</summary>
    public int? HangsUpAfter { get; init; }

    /// <summary>Refuses every call.</summary>
    public int? RefusesWith { get; init; }

    /// <summary>What each reply's voice-to-voice time really was: last sample of speech in to first sample out.</summary>
    public ConcurrentQueue<TimeSpan> VoiceToVoice { get; } = [];

    /// <summary>Caller's first sample in to the agent's last sample out.</summary>
    public ConcurrentQueue<TimeSpan> Silenced { get; } = [];

    public ConcurrentQueue<char> Digits { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _media.DisposeAsync();
    }

    private void OnCall(SipCall call)
    {
        if (RefusesWith is { } status)
        {
            call.Reject(status);
            return;
        }
        call.Ring();
        SessionDescription.TryParse(call.Invite.Body.Span, out var offer, out _).Should().BeTrue();
        var leg = new Leg(this, call);
        var session = _media.TryOpenSession(leg)!;
        var answer = OfferAnswer.Answer(
            offer!,
            MediaCapabilities.Default,
            new LocalMedia("127.0.0.1", session.LocalPort, 1, 1)
        );
        call.Answer(Encoding.UTF8.GetBytes(answer.Description!.ToString()));
        leg.Begin(session, answer.Media!);
    }

    /// <summary>One call's side, on the media clock.</summary>
    private sealed class Leg(ScriptedAgent agent, SipCall call) : IMediaSink
    {
        // Digital silence is 0 in G.711; anything above 40 dB below full scale is the caller's voice.
        private const int Loud = 300;
        private static readonly TimeSpan SampleTime = TimeSpan.FromMicroseconds(125);
        private readonly long _epoch = Stopwatch.GetTimestamp();
        private MediaSession _session = null!;
        private TimeSpan? _lastLoud;
        private TimeSpan? _firstLoud;
        private bool _replying;
        private bool _cleared;
        private int _replies;

        public void Begin(MediaSession session, NegotiatedMedia media)
        {
            _session = session;
            session.Playout.TryEnqueue(agent.Greeting);
            session.Start(media);
            call.Ended.ContinueWith(_ => session.Dispose(), TaskScheduler.Default);
        }

        public void OnAudio(ReadOnlySpan<short> frame, in MediaFrameInfo info)
        {
            if (info.Kind == FrameKind.Received)
            {
                var arrived = Stopwatch.GetElapsedTime(_epoch, info.ArrivalTicks);
                for (var i = 0; i < frame.Length; i++)
                {
                    if (Math.Abs((int)frame[i]) >= Loud)
                    {
                        _firstLoud ??= arrived - (frame.Length - i) * SampleTime;
                        // As captured: the packet left when its last sample was.
                        _lastLoud = arrived - (frame.Length - 1 - i) * SampleTime;
                    }
                }
            }
            if (_firstLoud is not null && agent.Yields && !_cleared)
            {
                _cleared = true;
                _session.Playout.Clear();
            }
            if (_lastLoud is { } last && !_replying && Now - last >= agent.ReplyDelay)
            {
                _replying = true;
                _session.Playout.TryEnqueue(agent.Reply);
            }
        }

        public void OnPlayoutStarted()
        {
            if (_replying && _lastLoud is { } last)
            {
                agent.VoiceToVoice.Enqueue(Now - last);
            }
        }

        public void OnPlayoutCleared(PlayoutCleared cleared)
        {
            if (_firstLoud is { } first)
            {
                agent.Silenced.Enqueue(Now - first);
            }
        }

        public void OnPlayoutDrained()
        {
            if (!_replying)
            {
                return;
            }
            _replying = false;
            _lastLoud = null;
            _firstLoud = null;
            if (++_replies == agent.HangsUpAfter)
            {
                _ = call.HangUpAsync(TimeSpan.FromSeconds(2));
            }
        }

        public void OnDtmf(char digit, int durationMs) => agent.Digits.Enqueue(digit);

        private TimeSpan Now => Stopwatch.GetElapsedTime(_epoch);
    }
}
