using System.Text;
using Akka.Actor;
using OCPlatform.CallActors.Voice;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Sip;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;
using OCPlatform.Sip;

namespace OCPlatform.CallActors.Tests;

/// <summary>What a trunk allows, and what the peer offers, decide a call's codec and encryption.</summary>
public class CallMediaTermsTests : CallActorTestBase
{
    private const string Key = "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    private static readonly string Encrypted =
        Pcmu.Replace("RTP/AVP", "RTP/SAVP") + $"a=crypto:4 AES_CM_128_HMAC_SHA1_80 {Key}\r\n";

    private readonly CallId _id = CallId.New();

    public CallMediaTermsTests() => Options.Codecs = [AudioCodec.Pcmu, AudioCodec.Pcma, AudioCodec.L16];

    [Fact]
    public void A_trunks_codecs_are_taken_in_the_trunks_order()
    {
        var call = StartCall(_id);
        var offer = Pcmu.Replace("RTP/AVP 0 101", "RTP/AVP 0 8 101");

        call.Tell(Invite(_id, offer) with { Media = new MediaTerms(["G729", "PCMA", "PCMU"], "Allowed") }, Gateway);

        Answered().Should().Contain(" RTP/AVP 8 101\r\n");
    }

    [Fact]
    public void An_encrypted_call_is_answered_encrypted_and_its_record_says_so()
    {
        var call = StartCall(_id);

        call.Tell(Invite(_id, Encrypted) with { Media = new MediaTerms([], "Allowed") }, Gateway);

        Answered().Should().Contain(" RTP/SAVP 0 101\r\n").And.Contain("a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:");
        call.Tell(InDialog(_id, SipMethod.Ack, 1), Gateway);
        AwaitAssert(() => RecordOf(call, _id)!.Encryption.Should().Be("SDES AES_CM_128_HMAC_SHA1_80"));
    }

    [Theory]
    [InlineData("Required", false)]
    [InlineData("Never", true)]
    public void A_call_that_its_trunks_policy_forbids_is_refused_with_488(string policy, bool encrypted)
    {
        var call = StartCall(_id);
        Watch(call);

        call.Tell(Invite(_id, encrypted ? Encrypted : Pcmu) with { Media = new MediaTerms([], policy) }, Gateway);

        ExpectResponse(SipStatus.NotAcceptableHere).Headers[SipHeaderId.Warning].Should().Contain("NoCommonEncryption");
        ExpectTerminated(call);
    }

    [Fact]
    public void A_call_that_we_place_offers_all_that_it_has_for_the_gateway_to_cut()
    {
        var (call, invite) = PlacedCall(_id, Pcmu.Replace("RTP/AVP 0", "RTP/AVP 8"));

        var written = Encoding.UTF8.GetString(invite.Body.Span);
        written.Should().Contain("a=crypto:1 AEAD_AES_128_GCM inline:").And.Contain("a=ice-ufrag:");
        written.Should().Contain(" RTP/AVP 0 8 98 101 102\r\n");
        AwaitAssert(() => RecordOf(call, _id)!.Codec.Should().Be("PCMA"));
    }

    [Fact]
    public void A_trunks_policy_binds_the_offers_of_the_peer_that_we_called()
    {
        var call = StartCall(_id);
        call.Tell(new CallCommands.Place(_id, "+4930123456", null, "carrier", null, null), TestActor);
        var sent = ExpectInvite();
        var left = SentAs(sent.Request);
        var cut = Encoding.UTF8.GetString(left.Body.Span).Replace("RTP/AVP", "RTP/SAVP");
        left.SetBody(Encoding.UTF8.GetBytes(cut), "application/sdp");
        call.Tell(
            new SipGatewayEvents.RequestSent(_id, sent.Key, left.ToBytes(), Path, "carrier", DateTimeOffset.UnixEpoch)
            {
                Media = new MediaTerms(["PCMU"], "Required"),
            },
            Gateway
        );
        Respond(call, _id, (left, sent.Key), SipStatus.Ok, Encrypted.Replace("crypto:4", "crypto:2"));
        ExpectAck();
        ExpectMsg<CallOutcome>().Result.Should().Be(CallVerbResult.Done);

        Reinvite(1, Pcmu).StatusCode.Should().Be(SipStatus.NotAcceptableHere, "it is not encrypted");
        Reinvite(2, Encrypted.Replace("RTP/SAVP 0", "RTP/SAVP 8"))
            .StatusCode.Should()
            .Be(SipStatus.NotAcceptableHere, "PCMA is none of the trunk's codecs");
        Reinvite(3, Encrypted).StatusCode.Should().Be(SipStatus.Ok);

        SipResponse Reinvite(uint cseq, string sdp)
        {
            var request = SipRequest.Create(
                SipMethod.Invite,
                left.Contact!.Uri,
                new NameAddress(left.To.Uri, tag: "to-peer"),
                left.From,
                left.CallId,
                cseq
            );
            request.Headers.AddFirst(SipHeaderId.Via, $"SIP/2.0/UDP {Peer};branch=z9hG4bKre{cseq}");
            request.Headers.Add(SipHeaderId.Contact, $"<sip:callee@{Peer}>");
            request.SetBody(Encoding.UTF8.GetBytes(sdp), "application/sdp");
            call.Tell(
                new SipGatewayEvents.RequestArrived(
                    _id,
                    $"tx-{cseq}",
                    request.ToBytes(),
                    Path,
                    DateTimeOffset.UnixEpoch
                ),
                Gateway
            );
            return (SipResponse)SipParser.Parse(Gateway.ExpectMsg<SipGatewayCommands.SendResponse>().Message);
        }
    }

    [Fact]
    public void A_fax_machine_stands_in_the_record()
    {
        var call = EstablishedCall(_id);

        call.Tell(new VoiceEvent.FaxHeard(FaxTone.Cng, DateTimeOffset.UnixEpoch));

        AwaitAssert(() => RecordOf(call, _id)!.Fax.Should().Be("Cng"));
    }

    private string Answered()
    {
        ExpectResponse(SipStatus.Ringing);
        return Encoding.UTF8.GetString(ExpectResponse(SipStatus.Ok).Body.Span);
    }
}
