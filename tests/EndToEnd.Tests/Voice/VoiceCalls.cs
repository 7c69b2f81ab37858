using System.Text.Json;
using OCPlatform.AiAdapters;
using OCPlatform.AiAdapters.SpeechToText;
using OCPlatform.LoadTest;
using OCPlatform.Sip;

namespace OCPlatform.EndToEnd.Tests.Voice;

/// <summary>Calls a platform over real SIP and RTP and tells what both sides know of the call afterwards.</summary>
internal sealed class VoiceCalls(PlatformProcess platform) : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);

    private readonly SyntheticCaller _caller = new(new SyntheticCallerOptions());
    private readonly FliteVoice _flite = new(FliteVoice.DefaultCacheFolder);

    public async Task<SpokenLine> SayAsync(string text, string voice = "rms") => await _flite.SayAsync(text, voice);

    public Task<CallerResult> CallAsync(params SpokenLine[] lines) => CallAsync(CallerScript.Speaking(lines));

    public async Task<CallerResult> CallAsync(CallerScript script)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var request = new CallerRequest
        {
            Target = SipUri.Parse($"sip:frontdesk@127.0.0.1:{platform.Ports.Sip}"),
            Record = true,
        };
        return await _caller.CallAsync(script, request, deadline.Token);
    }

    /// <summary>The platform's own record of the call, once it has ended.</summary>
    public async Task<JsonElement> RecordOfAsync(CallerResult result)
    {
        var list = await platform.WaitForJsonAsync(
            "/api/calls?limit=200",
            json => Find(json) is { } found && found.GetProperty("state").GetString() == "ended",
            TimeSpan.FromSeconds(20),
            "the ended call"
        );
        return await platform.GetJsonAsync($"/api/calls/{Find(list)!.Value.GetProperty("id").GetString()}");

        JsonElement? Find(JsonElement json) =>
            json.GetProperty("calls")
                .EnumerateArray()
                .Where(call => call.GetProperty("sipCallId").GetString() == result.Measurement.CallId)
                .Cast<JsonElement?>()
                .FirstOrDefault();
    }

    /// <summary>The texts of one side's turns, in order.</summary>
    public static IReadOnlyList<string> Turns(JsonElement record, string speaker) =>
        [
            .. record
                .GetProperty("turns")
                .EnumerateArray()
                .Where(turn => turn.GetProperty("speaker").GetString() == speaker)
                .Select(turn => turn.GetProperty("text").GetString()!),
        ];

    /// <summary>What a listener understands of the audio, by the platform's own recogniser.</summary>
    public async Task<string> TranscribeAsync(ReadOnlyMemory<short> pcm8k)
    {
        var options = new SpeechOptions();
        options.Stt.Address = $"http://127.0.0.1:{platform.Ports.Ai}";
        using var client = new SpeechToTextClient(options, TimeProvider.System);
        var pieces = new List<string>();
        await using var stream = client.Open(
            new SpeechToTextStreamOptions { SampleRateHz = 8000, OnFinal = result => pieces.Add(result.Text) }
        );
        for (var at = 0; at < pcm8k.Length; at += 800)
        {
            stream.TryWrite(pcm8k.Span.Slice(at, Math.Min(800, pcm8k.Length - at)));
        }
        var rest = await stream.CompleteAsync(TimeSpan.FromSeconds(30));
        return string.Join(' ', pieces.Append(rest.Text));
    }

    public ValueTask DisposeAsync() => _caller.DisposeAsync();
}
