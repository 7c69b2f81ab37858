using System.Globalization;
using OCPlatform.Media.Engine;
using OCPlatform.Media.Recording;

namespace OCPlatform.Media.Tests.Recording;

/// <summary>
/// `OCPlatform.Media.Tests.dll record FOLDER`: a process that records three calls in real time until somebody kills it, and
/// says how far it is, in ms. The entry point of the assembly; test runners load it as a library.
/// </summary>
internal static class RecordingChild
{
    // Nobody's child for ever, should the parent die first.
    private const int MostTicks = 3_000;

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not ["record", var folder])
            return 2;
        using var writer = new RecordingWriter();
        var recorders = new[]
        {
            writer.Begin(Path.Combine(folder, "ulaw.wav"), RecordingFormat.WavUlaw, 8000),
            writer.Begin(Path.Combine(folder, "pcm.wav"), RecordingFormat.WavPcm, 8000),
            writer.Begin(Path.Combine(folder, "opus.opus"), RecordingFormat.OggOpus, 8000),
        };
        var tone = RecordedAudio.Tone(440, 8000, 8000);
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var tick = 0; tick < MostTicks && await clock.WaitForNextTickAsync(); tick++)
        {
            var frame = tone.AsMemory(tick % 50 * 160, 160);
            foreach (var recorder in recorders)
                recorder.OnFrames(frame.Span, frame.Span, new MediaFrameInfo { MediaTime = tick * 160 });
            if (tick % 10 == 0)
                Console.WriteLine((tick * 20.0).ToString(CultureInfo.InvariantCulture));
        }

        return 0;
    }
}
