using System.Net;
using System.Text;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Samples;

/// <summary>Answers every call, holds it for a while, and hangs up: all that the SIP library alone needs for it.</summary>
public static class AnswerACall
{
    /// <summary>Runs until stopped; calls go to <c>sip:anyone@bind</c>, and RTP would come to port 40000.</summary>
    public static async Task RunAsync(IPEndPoint bind, TimeSpan talk, CancellationToken stop)
    {
        var options = new SipUserAgentOptions { User = "sample", OnIncomingCall = call => _ = TalkAsync(call, talk) };
        await using var agent = SipUserAgent.OverUdp(bind, options);
        agent.Start();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop)
            .ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static async Task TalkAsync(SipCall call, TimeSpan talk)
    {
        call.Ring();
        call.Answer(
            Encoding.ASCII.GetBytes(
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
            )
        );
        var answered = await call.Answered;
        await Task.WhenAny(call.Ended, Task.Delay(talk, TimeProvider.System));
        var end = answered.IsSuccess ? await call.HangUpAsync(TimeSpan.FromSeconds(5)) : await call.Ended;
        Console.WriteLine($"{call.Invite.From.Uri}: {end.Cause} {end.Reason}");
    }
}
