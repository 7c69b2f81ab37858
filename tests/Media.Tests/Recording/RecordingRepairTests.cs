using System.Diagnostics;
using System.Globalization;
using OCPlatform.Media.Recording;

namespace OCPlatform.Media.Tests.Recording;

public sealed class RecordingRepairTests : IDisposable
{
    private readonly RecordingRig _rig = new();

    [Fact]
    public void A_killed_process_leaves_files_that_play_and_lack_two_seconds_at_most()
    {
        // Really killed: a child of its own records three calls in real time until SIGKILL.
        using var child = Process.Start(
            new ProcessStartInfo("dotnet", ["exec", typeof(RecordingChild).Assembly.Location, "record", _rig.Folder])
            {
                RedirectStandardOutput = true,
            }
        )!;
        var recordedMs = 0.0;
        while (recordedMs < 2_600)
        {
            var line = child.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The child ended.");
            recordedMs = double.Parse(line, CultureInfo.InvariantCulture);
        }

        child.Kill();
        child.WaitForExit();

        var ulaw = Path.Combine(_rig.Folder, "ulaw.wav");
        var pcm = Path.Combine(_rig.Folder, "pcm.wav");
        // As it was left, before any repair: other programs can play it.
        foreach (var file in new[] { ulaw, pcm })
        {
            var seconds = double.Parse(RecordedAudio.Soxi("-D", file), CultureInfo.InvariantCulture);
            (seconds * 1000).Should().BeInRange(recordedMs - 2_000, recordedMs + 1_000);
            RecordedAudio.Level(RecordedAudio.ReadWav(file).Left, 440, 8000).Should().BeApproximately(8000, 200);
        }

        var opus = new OggOpusReader(File.ReadAllBytes(Path.Combine(_rig.Folder, "opus.opus")));
        opus.EndIsMarked.Should().BeFalse();
        (opus.Samples48 / 48.0).Should().BeInRange(recordedMs - 2_000, recordedMs + 1_000);
        foreach (var file in Directory.GetFiles(_rig.Folder))
        {
            var repaired = RecordingRepair.TryComplete(file)!;
            repaired.Duration.TotalMilliseconds.Should().BeInRange(recordedMs - 2_000, recordedMs + 1_000);
            repaired.Bytes.Should().Be(new FileInfo(file).Length);
        }

        var completed = new OggOpusReader(File.ReadAllBytes(Path.Combine(_rig.Folder, "opus.opus")));
        completed.EndIsMarked.Should().BeTrue();
        RecordedAudio.Level(completed.Decode().Left, 440, 48_000).Should().BeApproximately(8000, 1200);
    }

    [Theory]
    [InlineData(RecordingFormat.WavUlaw)]
    [InlineData(RecordingFormat.WavPcm)]
    public void A_wav_file_cut_anywhere_is_completed_with_what_it_has(RecordingFormat format)
    {
        var whole = Recorded(format);
        var bytesPerInstant = format == RecordingFormat.WavUlaw ? 2 : 4;
        var cut = Path.Combine(_rig.Folder, "cut.wav");

        for (var length = 0; length < 200; length++)
        {
            File.WriteAllBytes(cut, whole[..length]);
            var instants = Math.Max(0, length - 58) / bytesPerInstant;

            var repaired = RecordingRepair.TryComplete(cut);

            (repaired is not null).Should().Be(instants > 0);
            if (repaired is not null)
            {
                RecordedAudio.ReadWav(cut).Left.Length.Should().Be(instants);
                repaired.Format.Should().Be(format);
            }
        }
    }

    [Fact]
    public void An_ogg_file_cut_or_damaged_in_its_last_page_ends_with_the_one_before()
    {
        var whole = Recorded(RecordingFormat.OggOpus);
        var pages = Enumerable.Range(0, whole.Length - 4).Where(i => whole.AsSpan(i, 5).SequenceEqual("OggS\0"u8));
        var starts = pages.ToList();
        var file = Path.Combine(_rig.Folder, "cut.opus");

        for (var length = starts[^2] + 1; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(file, whole[..length]);
            RecordingRepair.TryComplete(file).Should().NotBeNull();
            var lastWhole = starts.Last(start => start == starts[^2] ? length >= starts[^1] : start < starts[^2]);
            new FileInfo(file).Length.Should().Be(starts[starts.IndexOf(lastWhole) + 1]);
            new OggOpusReader(File.ReadAllBytes(file)).EndIsMarked.Should().BeTrue();
        }

        var damaged = (byte[])whole.Clone();
        damaged[^3] ^= 0x40;
        File.WriteAllBytes(file, damaged);
        RecordingRepair.TryComplete(file).Should().NotBeNull();
        new OggOpusReader(File.ReadAllBytes(file)).EndIsMarked.Should().BeTrue();
    }

    [Fact]
    public void What_is_no_recording_is_left_as_it_is()
    {
        var file = Path.Combine(_rig.Folder, "text.wav");
        var content = new string('x', 5000);
        File.WriteAllText(file, content);

        RecordingRepair.TryComplete(file).Should().BeNull();

        File.ReadAllText(file).Should().Be(content);
    }

    [Fact]
    public void A_file_that_is_being_written_is_left_alone()
    {
        var recorder = _rig.Begin();
        var second = RecordedAudio.Tone(440, 8000, 8000);
        _rig.FeedSlowly(recorder, 0, second, second);
        RecordingRig.Wait(() => recorder.Opened.IsCompleted);

        RecordingRepair.TryComplete(recorder.Path).Should().BeNull();

        RecordingRig.End(recorder).Fault.Should().BeNull();
    }

    private byte[] Recorded(RecordingFormat format)
    {
        var recorder = _rig.Begin(format);
        var tone = RecordedAudio.Tone(440, 8000, 16_000);
        _rig.FeedSlowly(recorder, 0, tone, tone);
        return File.ReadAllBytes(RecordingRig.End(recorder).Path);
    }

    public void Dispose() => _rig.Dispose();
}
