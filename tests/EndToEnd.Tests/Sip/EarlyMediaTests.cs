using System.Net;
using System.Net.Sockets;

namespace OCPlatform.EndToEnd.Tests.Sip;

/// <summary>Audio before the answer (RFC 3960): the platform's to its caller, and the called side's to the platform.</summary>
[Collection(SignallingCollection.Name)]
public sealed class EarlyMediaTests(SignallingPlatform signalling)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private PlatformProcess Platform => signalling.Platform;

    [Fact]
    public async Task A_caller_hears_the_platform_before_the_answer()
    {
        using var ear = Ear();
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var call = new WireCall(wire, "early-media");
        await wire.SendAsync(call.Invite(WireCall.SdpOf("sendrecv", 1, Port(ear))));
        await wire.ResponseAsync(180);
        await Platform.DoAsync(await Platform.LiveCallIdAsync("early-media"), "ring", new { earlyMedia = true });
        var progress = await wire.ResponseAsync(183);
        progress.Body.Should().Contain("m=audio");
        await HearAsync(ear);

        var answer = await wire.FinalAsync("INVITE");
        answer.Status.Should().Be(200);
        answer.Parameter("To", "tag").Should().Be(progress.Parameter("To", "tag"), "it is the same dialog");
        call.Answered(answer);
        await wire.SendAsync(call.Ack());
        await call.HangUpAsync();
    }

    [Fact]
    public async Task The_platform_takes_and_gives_audio_before_the_called_side_answers()
    {
        using var ear = Ear();
        await using var wire = WireSip.OverUdp(Platform.Ports.Sip);
        var id = await Platform.PlaceAsync($"sip:early@{wire.Local}");
        var callee = await WireCallee.InvitedAsync(wire);
        await callee.ReplyAsync("183 Session Progress", WireCall.SdpOf("sendrecv", 1, Port(ear)));
        // Whoever sends early media may wait for a packet to get through a firewall.
        await HearAsync(ear);
        var port = int.Parse(callee.Invite.Body.Split("m=audio ")[1].Split(' ')[0]);
        for (ushort i = 0; i < 50; i++)
        {
            await ear.SendToAsync(Rtp(i), new IPEndPoint(IPAddress.Loopback, port));
        }
        await Platform.CallAsync(
            id,
            call => call.Text("state") == "ringing" && call.Text("quality", "packetsReceived") is not ("" or "0"),
            "the platform to hear it while it rings"
        );

        await callee.ReplyAsync("200 OK", WireCall.SdpOf("sendrecv", 1, Port(ear)));
        await callee.AckAsync();
        await callee.HangUpAsync();
        await Platform.EndedCallAsync(id);
    }

    private static Socket Ear()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static int Port(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>Waits for a packet of RTP: version 2, PCMU.</summary>
    private static async Task HearAsync(Socket ear)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var packet = new byte[1500];
        var length = await ear.ReceiveAsync(packet, deadline.Token);
        length.Should().BeGreaterThan(12);
        (packet[0] >> 6).Should().Be(2);
        (packet[1] & 0x7f).Should().Be(0);
    }

    private static byte[] Rtp(ushort sequence)
    {
        var packet = new byte[12 + 160];
        packet[0] = 0x80;
        (packet[2], packet[3]) = ((byte)(sequence >> 8), (byte)sequence);
        BitConverter.TryWriteBytes(packet.AsSpan(4), IPAddress.HostToNetworkOrder(sequence * 160));
        packet[8] = 1;
        packet.AsSpan(12).Fill(0xff);
        return packet;
    }
}
