using System.Net;
using System.Net.Sockets;

namespace OCPlatform.EndToEnd.Tests;

/// <summary>Ports that nobody has at the moment. Below the kernel's ephemeral range, so that no client socket takes them.</summary>
public static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 32_000;

    private static int s_next = Random.Shared.Next(First, Last - 2000);

    /// <summary>The first of <paramref name="count"/> neighbouring ports that are free for UDP and TCP on loopback; even.</summary>
    public static int Take(int count = 1)
    {
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var length = (count + 1) & ~1;
            var start = Interlocked.Add(ref s_next, length) - length;
            start += start & 1;
            if (start + length > Last)
            {
                Interlocked.Exchange(ref s_next, First);
            }
            else if (Enumerable.Range(start, count).All(IsFree))
            {
                return start;
            }
        }
        throw new InvalidOperationException($"No {count} free ports in a row between {First} and {Last}.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            tcp.Bind(new IPEndPoint(IPAddress.Any, port));
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
