using System.Net;
using System.Net.Sockets;
using System.Text;
using OCPlatform.Samples;
using OCPlatform.Sip.Transports;
using OCPlatform.Sip.UserAgents;

namespace OCPlatform.Sip.Tests.Samples;

public sealed class AnswerACallTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_sample_answers_a_call_and_hangs_up()
    {
        var address = new IPEndPoint(IPAddress.Loopback, FreePort());
        using var stop = new CancellationTokenSource();
        var sample = AnswerACall.RunAsync(address, TimeSpan.FromMilliseconds(50), stop.Token);
        await using var caller = SipUserAgent.OverUdp(new IPEndPoint(IPAddress.Loopback, 0));
        caller.Start();

        var call = caller.Call(
            new SipCallRequest
            {
                Target = SipUri.Create("anyone", address),
                Destination = SipDestination.Udp(address),
                Offer = Encoding.ASCII.GetBytes(
                    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 0\r\n"
                ),
            }
        );

        (await call.Answered.WaitAsync(Deadline)).StatusCode.Should().Be(SipStatus.Ok);
        (await call.Ended.WaitAsync(Deadline)).Cause.Should().Be(SipCallEndCause.RemoteHangUp);
        await stop.CancelAsync();
        await sample.WaitAsync(Deadline);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
