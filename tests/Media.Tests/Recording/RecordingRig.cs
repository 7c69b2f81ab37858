using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;

namespace OCPlatform.Media.Tests.Recording;

/// <summary>A writer with files in a folder of the test's own, and a clock that the test turns by hand.</summary>
internal sealed class RecordingRig : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ocp-recording-");
    private int _files;

    public RecordingRig(Func<string, IRecordingFile>? open = null) =>
        Writer = open is null ? new RecordingWriter() : new RecordingWriter(0, open);

    public RecordingWriter Writer { get; }

    public string Folder => _folder.FullName;

    public CallRecorder Begin(RecordingFormat format = RecordingFormat.WavUlaw, int sampleRateHz = 8000) =>
        Writer.Begin(Path.Combine(Folder, $"{++_files}{format.FileExtension()}"), format, sampleRateHz);

    /// <summary>Ticks with these samples, 20 ms each, from a media time on.</summary>
    public static void Feed(CallRecorder recorder, long mediaTime, ReadOnlySpan<short> left, ReadOnlySpan<short> right)
    {
        var frame = recorder.SampleRateHz / 50;
        for (var at = 0; at + frame <= left.Length; at += frame, mediaTime += frame)
        {
            var info = new MediaFrameInfo { MediaTime = mediaTime };
            recorder.OnFrames(left.Slice(at, frame), right.Slice(at, frame), info);
        }
    }

    /// <summary>As above, no faster than the writer takes it.</summary>
    public void FeedSlowly(CallRecorder recorder, long mediaTime, short[] left, short[] right)
    {
        var step = recorder.SampleRateHz / 10;
        for (var at = 0; at < left.Length; at += step, mediaTime += step)
        {
            if (recorder.Waiting > 2)
            {
                Writer.Wake();
                Wait(() => recorder.Waiting == 0);
            }

            var count = Math.Min(step, left.Length - at);
            Feed(recorder, mediaTime, left.AsSpan(at, count), right.AsSpan(at, count));
        }
    }

    public static FinishedRecording End(CallRecorder recorder)
    {
        recorder.Stop();
        recorder.Finished.Wait(Deadline).Should().BeTrue();
        return recorder.Finished.Result;
    }

    public static void Wait(Func<bool> condition) => SpinWait.SpinUntil(condition, Deadline).Should().BeTrue();

    public void Dispose()
    {
        Writer.Dispose();
        _folder.Delete(recursive: true);
    }
}

/// <summary>A file in memory that can be made to hang or to refuse.</summary>
internal sealed class FakeFile : IRecordingFile
{
    private readonly ManualResetEventSlim _runs = new(true);
    private byte[] _bytes = [];

    public bool Refuses { get; set; }

    public bool Hangs { get; private set; }

    public byte[] Bytes => _bytes;

    public void Stall() => _runs.Reset();

    public void GoOn() => _runs.Set();

    public void Write(ReadOnlySpan<byte> data, long offset)
    {
        Hangs = !_runs.IsSet;
        _runs.Wait();
        Hangs = false;
        if (Refuses)
            throw new IOException("No space left on device");
        if (_bytes.Length < offset + data.Length)
            Array.Resize(ref _bytes, (int)offset + data.Length);
        data.CopyTo(_bytes.AsSpan((int)offset));
    }

    public void Dispose() { }
}

/// <summary>A file that is as fast as can be.</summary>
internal sealed class NoFile : IRecordingFile
{
    public void Write(ReadOnlySpan<byte> data, long offset) { }

    public void Dispose() { }
}
