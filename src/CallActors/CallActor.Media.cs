using System.Net;
using System.Text.Json;
using Akka.Actor;
using OCPlatform.CallActors.Services;
using OCPlatform.CallActors.Signalling;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Serialization;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Sdp;

namespace OCPlatform.CallActors;

public sealed partial class CallActor
{
    private MediaSession? _media;
    private bool _mediaStarted;
    private bool _serviceRuns;

    /// <summary>What the call does instead of a conversation; null for an agent's call.</summary>
    private ServiceCall? _service;

    /// <summary>Either side keeps the other on hold: nobody is to be asked whether he is still there.</summary>
    private bool OnHold => _leg?.Negotiation?.Current is { OnHold: true };

    /// <summary>
    /// What the node has, cut to what the way of a call allows. A way that names nothing of what the node has is not
    /// obeyed: a call that the other side refuses tells more.
    /// </summary>
    private MediaCapabilities CapabilitiesUnder(MediaTerms? terms)
    {
        var codecs = _options.AudioCodecs;
        var allowed = (terms?.Codecs ?? [])
            .SelectMany(name =>
                codecs.Where(codec => codec.EncodingName().Equals(name, StringComparison.OrdinalIgnoreCase))
            )
            .ToList();
        return new MediaCapabilities
        {
            Codecs = allowed.Count > 0 ? allowed : codecs,
            PreferOurOrder = allowed.Count > 0,
            Srtp = PolicyOf(terms),
        };
    }

    private static SrtpPolicy PolicyOf(MediaTerms? terms) =>
        Enum.TryParse<SrtpPolicy>(terms?.Srtp, out var policy) ? policy : SrtpPolicy.Allowed;

    /// <summary>Opens the RTP port and what listens and speaks there; false when no port is free.</summary>
    /// <param name="called">The user part that was called, which may be a service's.</param>
    private bool TryOpenMedia(string? called = null)
    {
        var self = Self;
        Action<VoiceEvent> tell = voiceEvent => self.Tell(voiceEvent);
        _service = _services.Numbers.TryOpen(called, _time, tell);
        var sink = new SinkOfVoice();
        _media = _services.Media.TryOpenSession(_service ?? (IMediaSink)sink);
        if (_media is null)
        {
            return false;
        }
        _services.LiveCalls.Add(_id, _media);
        _media.PacketTap = _capture?.File;
        if (_service is not null)
        {
            return true;
        }
        _voice = new CallVoice(VoiceOptions(), _services.Speech, _media.Playout, _time, tell);
        sink.Voice = _voice;
        return true;
    }

    /// <summary>A new offer/answer over the call's one RTP port.</summary>
    /// <param name="path">The way that an INVITE of the peer came by; null for a leg that we call.</param>
    /// <param name="sessionId">Of the o= line; null: a new one.</param>
    private Negotiation Negotiate(
        IPAddress? peer,
        SipPath? path = null,
        MediaTerms? terms = null,
        long? sessionId = null
    ) =>
        new(
            CapabilitiesUnder(terms),
            _media!,
            peer,
            sessionId ?? _time.GetUtcNow().ToUnixTimeSeconds() + _lastLeg,
            new LocalSecrets(_media!.Fingerprint),
            path is null ? null : OfferedSecurity.KindFor(PolicyOf(terms), path.Transport)
        );

    private void StartOrUpdate(NegotiatedMedia media)
    {
        if (_mediaStarted)
        {
            _media!.Update(media);
        }
        else
        {
            _media!.Start(media);
        }
        _mediaStarted = true;
        BeginService();
    }

    /// <summary>Not while the former node is still heard, which plays it too.</summary>
    private void BeginService()
    {
        if (_service is not null && !_serviceRuns && _takeUp is not { IsMigrated: true })
        {
            _serviceRuns = true;
            _service.Begin(_media!);
        }
    }

    private static string MediaOf(CallLeg leg) =>
        leg.Negotiation?.Current is { } media ? JsonSerializer.Serialize(media, WireSerializer.Json) : "";
}
