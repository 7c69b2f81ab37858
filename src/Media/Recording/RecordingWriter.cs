using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OCPlatform.Media.Recording;

/// <summary>What the recordings of a node do, counted since the start.</summary>
public sealed record RecordingWriterStats
{
    /// <summary>Recordings that are under way.</summary>
    public required int Open { get; init; }

    /// <summary>Bytes written to files, headers and silence of gaps not counted.</summary>
    public required long BytesWritten { get; init; }

    /// <summary>Audio of both channels that was replaced by silence, because the disk was too slow or refused it, in ms.</summary>
    public required long LostMs { get; init; }

    /// <summary>Writes that failed.</summary>
    public required long Faults { get; init; }

    /// <summary>Share of its time that the thread worked or waited for the disk, over the last seconds.</summary>
    public required double Busy { get; init; }
}

/// <summary>
/// Writes all recordings of a node on one thread, which ranks below everything else. It looks round every 100 ms for full
/// blocks: nobody needs to wake it, so that a clock thread makes no system call for a recording.
/// </summary>
public sealed partial class RecordingWriter : IDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(3);
    private const double GoldenRatio = 0.6180339887498949;
    private const int RoundsPerMeasure = 20;

    // With more work than this an encoder is no longer begun: recordings that wait for the thread lose audio.
    private const double MostBusy = 0.7;

    private readonly int _niceness;
    private readonly Func<string, IRecordingFile> _open;
    private readonly RecordingBlocks _blocks = new();
    private readonly ConcurrentQueue<CallRecorder> _arriving = new();
    private readonly List<OpenRecording> _recordings = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile bool _stop;
    private int _begun;
    private int _openCount;
    private long _bytesWritten;
    private long _lostMs;
    private long _faults;
    private double _busy;

    /// <param name="niceness">Of the thread, where the system has such a thing (0 unchanged, 19 the least favoured).</param>
    public RecordingWriter(int niceness = 10)
        : this(niceness, path => new DiskFile(path)) { }

    internal RecordingWriter(int niceness, Func<string, IRecordingFile> open)
    {
        _niceness = niceness;
        _open = open;
        _thread = new Thread(Run) { IsBackground = true, Name = "recording-writer" };
        _thread.Start();
    }

    public RecordingWriterStats Stats =>
        new()
        {
            Open = Volatile.Read(ref _openCount),
            BytesWritten = Volatile.Read(ref _bytesWritten),
            LostMs = Volatile.Read(ref _lostMs),
            Faults = Volatile.Read(ref _faults),
            Busy = Volatile.Read(ref _busy),
        };

    /// <summary>The format in which a recording begins now: µ-law instead of Opus without libopus, or with too much to encode.</summary>
    public RecordingFormat Possible(RecordingFormat wanted) =>
        wanted != RecordingFormat.OggOpus || (OpusStereoEncoder.IsAvailable && Volatile.Read(ref _busy) < MostBusy)
            ? wanted
            : RecordingFormat.WavUlaw;

    /// <summary>
    /// Begins a recording; returns at once. The file is made by the writer's thread in its next round (see
    /// <see cref="CallRecorder.Opened"/>) and gets what the recorder is given from now on.
    /// </summary>
    /// <param name="path">Must not be there yet; its folder is made when missing.</param>
    /// <param name="format">As <see cref="Possible"/> allows.</param>
    /// <param name="sampleRateHz">The session's rate: 8000 or 16000.</param>
    public CallRecorder Begin(string path, RecordingFormat format, int sampleRateHz)
    {
        ObjectDisposedException.ThrowIf(_stop, this);
        _blocks.Enter();
        var number = Interlocked.Increment(ref _begun);
        var recorder = new CallRecorder(_blocks, path, format, sampleRateHz, number * GoldenRatio % 1);
        Interlocked.Increment(ref _openCount);
        _arriving.Enqueue(recorder);
        return recorder;
    }

    /// <summary>Ends every recording and the thread; waits up to 3 s for the disk.</summary>
    public void Dispose()
    {
        if (_stop)
            return;
        _stop = true;
        Wake();
        if (_thread.Join(StopDeadline))
            _wake.Dispose();
    }

    internal void Wake() => _wake.Set();

    private void Run()
    {
        if (_niceness > 0 && OperatingSystem.IsLinux())
            _ = SetPriority(0, 0, _niceness);
        var since = Stopwatch.GetTimestamp();
        long worked = 0;
        for (var round = 1; ; round++)
        {
            var begun = Stopwatch.GetTimestamp();
            var stop = _stop;
            while (_arriving.TryDequeue(out var recorder))
                _recordings.Add(new OpenRecording(this, recorder));
            ServeAll(stop);
            worked += Stopwatch.GetTimestamp() - begun;
            if (stop)
                return;
            if (round % RoundsPerMeasure == 0)
            {
                var now = Stopwatch.GetTimestamp();
                Volatile.Write(ref _busy, worked / (double)(now - since));
                (since, worked) = (now, 0);
            }

            _wake.WaitOne(Round);
        }
    }

    private void ServeAll(bool stop)
    {
        for (var i = 0; i < _recordings.Count; )
        {
            if (stop)
                _recordings[i].Recorder.Stop();
            if (_recordings[i].Serve())
            {
                i++;
                continue;
            }

            _recordings[i] = _recordings[^1];
            _recordings.RemoveAt(_recordings.Count - 1);
            _blocks.Leave();
            Interlocked.Decrement(ref _openCount);
        }
    }

    private void Count(long bytes) => Volatile.Write(ref _bytesWritten, _bytesWritten + bytes);

    private void CountLost(long ms) => Volatile.Write(ref _lostMs, _lostMs + ms);

    private void CountFault() => Volatile.Write(ref _faults, _faults + 1);

    // Of the calling thread: 0 stands for it on Linux.
    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int niceness);

    /// <summary>A recording and its file.</summary>
    private sealed class OpenRecording(RecordingWriter writer, CallRecorder recorder)
    {
        private RecordingContainer? _file;
        private bool _failedToOpen;
        private string? _fault;
        private long _refused;

        public CallRecorder Recorder { get; } = recorder;

        /// <summary>Writes what is there; false when the recording is complete.</summary>
        public bool Serve()
        {
            // In this order: a block that is handed over before the stop is still seen.
            var last = Recorder.IsStopped;
            if (_file is null && !_failedToOpen)
                Open();
            while (Recorder.TryPeek(out var block))
            {
                Write(block);
                Recorder.Taken();
            }

            if (!last)
                return true;
            Close();
            return false;
        }

        private void Open()
        {
            IRecordingFile? file = null;
            try
            {
                file = writer._open(Recorder.Path);
                _file = RecordingContainer.Create(Recorder.Format, Recorder.SampleRateHz, file);
                Recorder.TellOpened(null);
            }
            catch (Exception e)
            {
                file?.Dispose();
                _failedToOpen = true;
                Note(e);
                Recorder.TellOpened(e);
            }
        }

        private void Write(RecordingBlock block)
        {
            var bytes = block.Bytes[..block.Length];
            try
            {
                if (_file is not null)
                {
                    _file.Write(block.Position, bytes);
                    writer.Count(bytes.Length);
                    return;
                }
            }
            catch (Exception e)
            {
                Note(e);
            }

            _refused += bytes.Length / Recorder.Format.BytesPerInstant();
        }

        private void Close()
        {
            try
            {
                _file?.End(Recorder.Length);
            }
            catch (Exception e)
            {
                Note(e);
            }

            var bytes = _file?.Bytes ?? 0;
            _file?.Dispose();
            writer.CountLost(Recorder.LostMs + _refused * 1000 / Recorder.SampleRateHz);
            Recorder.TellFinished(bytes, _refused, _fault);
        }

        private void Note(Exception e)
        {
            writer.CountFault();
            _fault ??= e.Message;
        }
    }
}
