using System.Net.Sockets;

namespace OCPlatform.Media.Engine;

/// <summary>
/// One bound, non-blocking UDP socket. On Linux a bare descriptor: with two sockets a call, .NET's objects around them were
/// a good part of a call's memory, and of its set-up. Elsewhere a <see cref="System.Net.Sockets.Socket"/>.
/// </summary>
internal readonly record struct UdpEnd(int Descriptor, Socket? Socket);
