using System.Buffers.Binary;
using OCPlatform.Media.Rtp;

namespace OCPlatform.Bench.Media;

/// <summary>What came back in a window, over all calls.</summary>
/// <param name="Rate">Packets received over those expected, 0–1.</param>
/// <param name="Late">More than 20 ms later than their call's fastest.</param>
/// <param name="WrongContent">Not the packet that had to follow.</param>
/// <param name="SlipMaxMs">The generator's own lateness, at worst.</param>
internal sealed record WindowFigures(
    int Calls,
    long Received,
    double Rate,
    long Lost,
    long OutOfOrder,
    long Late,
    long WrongContent,
    double LateP99Ms,
    double SlipMaxMs
);

/// <summary>
/// Sends 20 ms of PCMU to every call and meters what comes back: order, loss, lateness, content. One thread with one
/// socket, in 20 slots of 1 ms.
/// </summary>
internal sealed class RtpGenerator : IDisposable
{
    private const int Slots = 20;
    private const int MaxPerWindow = 1_000;

    private readonly GeneratorSocket _socket = new();
    private readonly GeneratorSocket _stranger = new();
    private readonly PayloadBook _book;
    private readonly Thread _thread;
    private readonly List<Call>[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => new List<Call>())];
    private readonly Call?[] _byPort = new Call?[65536];
    private readonly System.Collections.Concurrent.ConcurrentQueue<Action> _posted = new();
    private volatile bool _stop;
    private volatile int _strange;
    private int _calls;
    private long _windowNs;
    private long _slipNs;

    public RtpGenerator(PayloadBook book, int core)
    {
        _book = book;
        _thread = new Thread(() => Run(core)) { IsBackground = true, Name = "generator" };
        _thread.Start();
    }

    /// <summary>Where every call's SDP sends to.</summary>
    public int Port => _socket.Port;

    /// <summary>How many packets each call gets from an address that is not its peer's, beside each that is.</summary>
    public int StrangersPackets
    {
        get => _strange;
        set => _strange = value;
    }

    public void Add(int port) =>
        _posted.Enqueue(() =>
        {
            var call = new Call(port, (uint)_calls * 7919, PayloadBook.Next(0, _calls * 37));
            _byPort[port] = call;
            _slots[_calls++ % Slots].Add(call);
        });

    public void Clear() =>
        _posted.Enqueue(() =>
        {
            foreach (var slot in _slots)
            {
                slot.Clear();
            }
            Array.Clear(_byPort);
            _calls = 0;
        });

    public void BeginWindow() =>
        _posted.Enqueue(() =>
        {
            foreach (var call in _slots.SelectMany(s => s))
            {
                call.Begin();
            }
            (_windowNs, _slipNs) = (GeneratorSocket.NowNs(), 0);
        });

    public Task<WindowFigures> EndWindowAsync()
    {
        var result = new TaskCompletionSource<WindowFigures>(TaskCreationOptions.RunContinuationsAsynchronously);
        _posted.Enqueue(() =>
        {
            var seconds = (GeneratorSocket.NowNs() - _windowNs) / 1e9;
            var taken = _slots.SelectMany(s => s).Select(c => c.End()).ToList();
            var slip = _slipNs / 1e6;
            // Sorting takes longer than a slot.
            ThreadPool.QueueUserWorkItem(_ => result.SetResult(SumUp(taken, seconds, slip)));
        });
        return result.Task;
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _socket.Dispose();
        _stranger.Dispose();
    }

    private static WindowFigures SumUp(List<CallWindow> calls, double seconds, double slipMs)
    {
        var late = new List<float>();
        foreach (var call in calls)
        {
            var fastest = call.TransitMs.Length == 0 ? 0 : call.TransitMs.Min();
            late.AddRange(call.TransitMs.Select(t => t - fastest));
        }
        late.Sort();
        var received = calls.Sum(c => (long)c.Received);
        return new WindowFigures(
            calls.Count,
            received,
            calls.Count == 0 ? 0 : received / (calls.Count * 50 * seconds),
            calls.Sum(c => c.Lost),
            calls.Sum(c => c.OutOfOrder),
            late.Count - (late.FindIndex(l => l > 20) is var i and >= 0 ? i : late.Count),
            calls.Sum(c => c.WrongContent),
            late.Count == 0 ? 0 : late[late.Count * 99 / 100],
            slipMs
        );
    }

    private void Run(int core)
    {
        GeneratorSocket.FavourThisThread(core);
        var next = GeneratorSocket.NowNs();
        for (var slot = 0; !_stop; slot = (slot + 1) % Slots)
        {
            next += 1_000_000;
            if (GeneratorSocket.NowNs() < next)
            {
                GeneratorSocket.SleepUntil(next);
            }
            _slipNs = Math.Max(_slipNs, GeneratorSocket.NowNs() - next);
            foreach (var call in _slots[slot])
            {
                call.Write(_socket.Queue(call.Port), _book);
                for (var i = 0; i < _strange; i++)
                {
                    call.WriteStrange(_stranger.Queue(call.Port), i, _book);
                }
            }
            _socket.Flush();
            _stranger.Flush();
            for (var count = GeneratorSocket.Batch; count == GeneratorSocket.Batch; )
            {
                count = _socket.Receive();
                for (var i = 0; i < count; i++)
                {
                    _byPort[_socket.SourcePort(i)]?.Read(_socket.Packet(i), _socket.ArrivalNs(i), _book);
                }
            }
            while (_posted.TryDequeue(out var action))
            {
                action();
            }
        }
    }

    private sealed record CallWindow(int Received, long Lost, long OutOfOrder, long WrongContent, float[] TransitMs);

    private sealed class Call(int port, uint ssrc, int place)
    {
        private readonly float[] _transit = new float[MaxPerWindow];
        private readonly uint _ssrc = ssrc;
        private ushort _sequence = (ushort)ssrc;
        private uint _timestamp = ssrc;
        private int _place = place;
        private bool _heard;
        private ushort _lastSequence;
        private int _lastPlace;
        private int _received;
        private long _lost;
        private long _outOfOrder;
        private long _wrong;
        private uint _firstTimestamp;
        private long _firstNs;

        public int Port => port;

        public void Write(Span<byte> packet, PayloadBook book)
        {
            RtpHeader.Write(packet, 0, false, _sequence++, _timestamp, _ssrc);
            book.From(_place).CopyTo(packet[RtpHeader.FixedBytes..]);
            _timestamp += PayloadBook.PacketBytes;
            _place = PayloadBook.Next(_place, 1);
        }

        /// <summary>The same stream by its numbers, with another's audio: what only the address gives away.</summary>
        public void WriteStrange(Span<byte> packet, int index, PayloadBook book)
        {
            RtpHeader.Write(packet, 0, false, (ushort)(_sequence + index), _timestamp, _ssrc);
            book.From(PayloadBook.Next(_place, 100)).CopyTo(packet[RtpHeader.FixedBytes..]);
        }

        public void Read(ReadOnlySpan<byte> packet, long arrivalNs, PayloadBook book)
        {
            if (packet.Length != GeneratorSocket.PacketBytes || packet[0] != 0x80 || RtpHeader.IsRtcp(packet))
            {
                return;
            }
            var sequence = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
            var timestamp = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
            var payload = packet[RtpHeader.FixedBytes..];
            var step = (short)(sequence - _lastSequence);
            if (_heard && step <= 0)
            {
                _outOfOrder++;
            }
            else if (_heard)
            {
                _lost += step - 1;
            }
            if (step > 0 || !_heard)
            {
                Follow(payload, step, book);
            }
            if (_received == 0)
            {
                (_firstTimestamp, _firstNs) = (timestamp, arrivalNs);
            }
            if (_received < MaxPerWindow)
            {
                _transit[_received] = (float)((arrivalNs - _firstNs) / 1e6 - (int)(timestamp - _firstTimestamp) / 8.0);
            }
            _received++;
            (_heard, _lastSequence) = (true, sequence);
        }

        private void Follow(ReadOnlySpan<byte> payload, int step, PayloadBook book)
        {
            if (_heard && _lastPlace >= 0)
            {
                _lastPlace = PayloadBook.Next(_lastPlace, step);
                if (book.From(_lastPlace).SequenceEqual(payload))
                {
                    return;
                }
            }
            _wrong++;
            _lastPlace = book.Find(payload);
        }

        public void Begin() => (_received, _lost, _outOfOrder, _wrong) = (0, 0, 0, 0);

        public CallWindow End() =>
            new(_received, _lost, _outOfOrder, _wrong, _transit[..Math.Min(_received, MaxPerWindow)]);
    }
}
