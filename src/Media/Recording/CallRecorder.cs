using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OCPlatform.Media.Codecs;
using OCPlatform.Media.Engine;

namespace OCPlatform.Media.Recording;

/// <summary>
/// One recording: takes both directions' frames from the clock thread, puts them side by side into blocks and hands full
/// blocks to the node's <see cref="RecordingWriter"/>. Nothing here waits, locks or allocates for a frame.
/// <para>
/// A sample's place in the file is its media time, whatever happened before it: ticks that the clock gave up, a pause, and
/// audio that a slow disk left no room for are silence of the same length. When four blocks of a recording wait for the
/// disk, the newest audio is dropped: what has been taken in is never taken back.
/// </para>
/// </summary>
public sealed class CallRecorder : IAudioTap
{
    // A longer jump of the media time is a machine that was stopped.
    private const int LongestGapSeconds = 600;

    // 20 ms at 48 kHz.
    private const int MostInstants = 960;

    private const int Idle = 0;
    private const int InFrame = 1;
    private const int Stopped = 2;

    private readonly RecordingBlocks _blocks;
    private readonly int _bytesPerInstant;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FinishedRecording> _finished = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    // Full blocks, clock thread to writer thread.
    private readonly RecordingBlock?[] _full = new RecordingBlock?[RecordingBlocks.PerRecording];
    private long _fullWritten;
    private long _fullRead;

    private int _gate;
    private RecordingBlock? _block;
    private int _limit;
    private long _mediaTime = -1;
    private long _position;
    private long _lost;
    private long _gap;
    private volatile bool _paused;
    private volatile bool _stopped;

    internal CallRecorder(RecordingBlocks blocks, string path, RecordingFormat format, int sampleRateHz, double phase)
    {
        if (sampleRateHz is not (8000 or 16_000 or 24_000 or 48_000))
            throw new ArgumentOutOfRangeException(nameof(sampleRateHz));
        _blocks = blocks;
        Path = path;
        Format = format;
        SampleRateHz = sampleRateHz;
        _bytesPerInstant = format.BytesPerInstant();
        // Recordings that begin together would all end their blocks together: the first block's length tells them apart.
        _limit = (int)(RecordingBlocks.BlockBytes * (0.25 + 0.75 * phase));
    }

    public string Path { get; }

    public RecordingFormat Format { get; }

    public int SampleRateHz { get; }

    /// <summary>Length of the recording so far.</summary>
    public TimeSpan Position => TimeSpan.FromMilliseconds(ToMs(Volatile.Read(ref _position)));

    /// <summary>While it is set both channels are silence; time goes on. From the next tick on.</summary>
    public bool Paused
    {
        get => _paused;
        set => _paused = value;
    }

    /// <summary>Completes when the file is there; faulted when it cannot be made, and then nothing is recorded.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Completes after <see cref="Stop"/>, when the file is complete and closed. Never faulted.</summary>
    public Task<FinishedRecording> Finished => _finished.Task;

    /// <inheritdoc />
    public void OnFrames(ReadOnlySpan<short> received, ReadOnlySpan<short> sent, in MediaFrameInfo info)
    {
        // Uncontended but in the moment of Stop; nobody waits here.
        if (Interlocked.CompareExchange(ref _gate, InFrame, Idle) != Idle)
            return;
        try
        {
            var instants = Math.Min(Math.Min(received.Length, sent.Length), MostInstants);
            Place(info.MediaTime);
            var room = RoomFor(instants);
            if (room.IsEmpty)
                _lost += instants;
            else if (_paused)
                room.Fill(Format.SilentByte());
            else if (Format == RecordingFormat.WavUlaw)
                Compress(received[..instants], sent[..instants], room);
            else
                Interleave(received[..instants], sent[..instants], room);
            Volatile.Write(ref _position, _position + instants);
            _mediaTime = info.MediaTime + instants;
        }
        finally
        {
            Volatile.Write(ref _gate, Idle);
        }
    }

    /// <summary>Ends the recording behind the last frame; the writer completes the file in its next round. Any thread.</summary>
    public void Stop()
    {
        var spin = new SpinWait();
        while (Interlocked.CompareExchange(ref _gate, Stopped, Idle) is var state and not Idle)
        {
            if (state == Stopped)
                return;
            spin.SpinOnce();
        }

        // The clock thread cannot come in any more: its side is ours.
        HandOver();
        _stopped = true;
    }

    /// <summary>Moves on over ticks that never came. Backwards there is nothing to do: the frames follow each other.</summary>
    private void Place(long mediaTime)
    {
        if (_mediaTime >= 0 && mediaTime > _mediaTime)
        {
            var gap = Math.Min(mediaTime - _mediaTime, LongestGapSeconds * (long)SampleRateHz);
            _position += gap;
            _gap += gap;
        }
    }

    /// <summary>Where the next instants go; empty when no block can be had.</summary>
    private Span<byte> RoomFor(int instants)
    {
        var bytes = instants * _bytesPerInstant;
        if (_block is not null && (_position - _block.Position) * _bytesPerInstant + bytes > _limit)
            HandOver();
        if (_block is null)
        {
            if (_fullWritten - Volatile.Read(ref _fullRead) >= RecordingBlocks.PerRecording)
                return default;
            _block = _blocks.TryTake();
            if (_block is null)
                return default;
            _block.Position = _position;
            _block.Length = 0;
        }

        var start = (int)(_position - _block.Position) * _bytesPerInstant;
        if (start > _block.Length)
            _block.Bytes[_block.Length..start].Fill(Format.SilentByte());
        _block.Length = start + bytes;
        return _block.Bytes.Slice(start, bytes);
    }

    private void HandOver()
    {
        if (_block is null)
            return;
        // There is a place: a block is only begun while fewer than the ring holds are under way.
        _full[_fullWritten % RecordingBlocks.PerRecording] = _block;
        Volatile.Write(ref _fullWritten, _fullWritten + 1);
        _block = null;
        _limit = RecordingBlocks.BlockBytes;
    }

    [SkipLocalsInit]
    private static void Compress(ReadOnlySpan<short> left, ReadOnlySpan<short> right, Span<byte> room)
    {
        Span<byte> leftCodes = stackalloc byte[MostInstants];
        Span<byte> rightCodes = stackalloc byte[MostInstants];
        G711.Encode(AudioCodec.Pcmu, left, leftCodes);
        G711.Encode(AudioCodec.Pcmu, right, rightCodes);
        var pairs = MemoryMarshal.Cast<byte, ushort>(room)[..left.Length];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = (ushort)(leftCodes[i] | rightCodes[i] << 8);
    }

    private static void Interleave(ReadOnlySpan<short> left, ReadOnlySpan<short> right, Span<byte> room)
    {
        var samples = MemoryMarshal.Cast<byte, short>(room)[..(2 * left.Length)];
        right = right[..left.Length];
        for (var i = 0; i < left.Length; i++)
        {
            samples[2 * i] = left[i];
            samples[2 * i + 1] = right[i];
        }
    }

    private long ToMs(long instants) => instants * 1000 / SampleRateHz;

    // ---- the writer's side ----

    /// <summary>No block comes after those that are there.</summary>
    internal bool IsStopped => _stopped;

    /// <summary>Instants in all; settled once it is stopped.</summary>
    internal long Length => Volatile.Read(ref _position);

    internal bool TryPeek(out RecordingBlock block)
    {
        block = null!;
        if (Volatile.Read(ref _fullWritten) == _fullRead)
            return false;
        block = _full[_fullRead % RecordingBlocks.PerRecording]!;
        return true;
    }

    /// <summary>The block that was peeked at is done with.</summary>
    internal void Taken()
    {
        var at = _fullRead % RecordingBlocks.PerRecording;
        var block = _full[at]!;
        _full[at] = null;
        _blocks.Return(block);
        Volatile.Write(ref _fullRead, _fullRead + 1);
    }

    internal void TellOpened(Exception? fault)
    {
        if (fault is null)
            _opened.TrySetResult();
        else if (_opened.TrySetException(fault))
            _ = _opened.Task.Exception; // Seen: nobody need ask.
    }

    internal void TellFinished(long bytes, long refusedInstants, string? fault) =>
        _finished.TrySetResult(
            new FinishedRecording(
                Path,
                Format,
                SampleRateHz,
                Position,
                bytes,
                ToMs(_lost + refusedInstants),
                ToMs(_gap),
                fault
            )
        );

    /// <summary>Blocks that wait for the writer.</summary>
    internal int Waiting => (int)(Volatile.Read(ref _fullWritten) - Volatile.Read(ref _fullRead));

    internal long BlocksHandedOver => Volatile.Read(ref _fullWritten);

    internal long LostMs => ToMs(Volatile.Read(ref _lost));
}
