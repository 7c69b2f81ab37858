using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Akka.Actor;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Journaling;
using OCPlatform.Contracts.Sip;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>What lets one listen to a call, or call in another's name, is in no journal.</summary>
public sealed partial class CallSecretsTests : CallActorTestBase
{
    private const string PeersKey = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    private const string PeersPassword = "peer/password+of+24/char";
    private const string Digest = "6629fae49393a05397450978507c4ef1";
    private const string Fingerprint =
        "sha-256 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:3A:4B:65:2E:7D:46:3F:54:42:CD:54:F1";

    private readonly CallId _id = CallId.New();

    [Fact]
    public void The_journal_of_a_call_with_keys_in_its_descriptions_holds_none_of_them()
    {
        var offer =
            Pcmu.Replace("RTP/AVP", "RTP/SAVP") + $"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{PeersKey}|2^31\r\n";

        var answer = Answer(offer);

        var ours = OurKey().Match(answer).Groups[1].Value;
        ours.Should().NotBeEmpty();
        Journal()
            .Should()
            .Contain("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:****", "the messages are there, without it")
            .And.NotContain(PeersKey)
            .And.NotContain(ours)
            .And.NotContain(Digest);
    }

    [Fact]
    public void The_journal_of_a_call_with_ice_and_a_handshake_holds_no_password()
    {
        var offer =
            Pcmu.Replace("RTP/AVP", "UDP/TLS/RTP/SAVPF")
            + $"a=rtcp-mux\r\na=ice-ufrag:abcd\r\na=ice-pwd:{PeersPassword}\r\na=fingerprint:{Fingerprint}\r\na=setup:actpass\r\n";

        var answer = Answer(offer);

        var ours = OurPassword().Match(answer).Groups[1].Value;
        ours.Should().NotBeEmpty();
        Journal()
            .Should()
            .Contain("a=ice-pwd:****", "the messages are there, without it")
            .And.NotContain(PeersPassword)
            .And.NotContain(ours)
            .And.NotContain(Digest);
    }

    [GeneratedRegex("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:([A-Za-z0-9+/=]+)")]
    private static partial Regex OurKey();

    [GeneratedRegex("a=ice-pwd:([A-Za-z0-9+/]+)")]
    private static partial Regex OurPassword();

    [GeneratedRegex("[A-Za-z0-9+/]{64,}={0,2}")]
    private static partial Regex Base64();

    /// <summary>A call that is answered, and a re-INVITE of it that waits for its ACK: both messages stand in the journal.</summary>
    private string Answer(string offer)
    {
        var credentials = $"Digest username=\"alice\", realm=\"r\", nonce=\"n\", uri=\"sip:x\", response=\"{Digest}\"";
        var call = StartCall(_id);
        call.Tell(Invite(_id, offer, (SipHeaderId.Authorization, credentials)), Gateway);
        ExpectResponse(SipStatus.Ringing);
        var answer = Encoding.UTF8.GetString(ExpectResponse(SipStatus.Ok).Body.Span);
        call.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);
        AwaitAssert(() => RecordOf(call, _id)!.State.Should().Be(CallPhase.InConversation));
        call.Tell(
            InDialog(
                _id,
                SipMethod.Invite,
                2,
                offer + "a=sendonly\r\n",
                "tx-again",
                (SipHeaderId.Authorization, credentials)
            ),
            Gateway
        );
        ExpectResponse(SipStatus.Ok);
        AwaitJournaled<CallEvents.SessionChanged>(_id);
        return answer;
    }

    /// <summary>All that was written of the call, with the messages in it made readable.</summary>
    private string Journal()
    {
        var reader = CreateTestProbe();
        reader.ChildActorOf(Contracts.Journaling.Journal.Props($"call-{_id}"));
        var events = reader.ExpectMsg<JournalMessages.Recovered>().Events;
        var text = new StringBuilder();
        foreach (var e in events)
        {
            // The session within is JSON text itself, escaped once more.
            var json = Regex.Unescape(Regex.Unescape(JsonSerializer.Serialize(e, e.GetType())));
            text.AppendLine(json);
            foreach (Match message in Base64().Matches(json))
            {
                var bytes = new byte[message.Length];
                if (Convert.TryFromBase64String(message.Value, bytes, out var length))
                {
                    text.AppendLine(Encoding.UTF8.GetString(bytes, 0, length));
                }
            }
        }
        return text.ToString();
    }
}
