using OCPlatform.CallActors.Voice;
using OCPlatform.Media.Dsp;
using OCPlatform.Media.Engine;

namespace OCPlatform.CallActors.Services;

/// <summary>The numbers of a node that are answered by a service, and what its calls share.</summary>
public sealed class ServiceNumbers
{
    private readonly Dictionary<string, Func<TimeProvider, Action<VoiceEvent>, ServiceCall>> _byNumber;

    /// <exception cref="InvalidOperationException">A number stands twice, or a file cannot be played.</exception>
    public ServiceNumbers(IEnumerable<CallServiceOptions> services)
    {
        _byNumber = new(StringComparer.OrdinalIgnoreCase);
        foreach (var service in services)
        {
            if (!_byNumber.TryAdd(service.Number, Maker(service)))
            {
                throw new InvalidOperationException($"calls.services: the number {service.Number} stands twice.");
            }
        }
    }

    /// <summary>The service of a called user part, ready for one call; null: an agent answers.</summary>
    public ServiceCall? TryOpen(string? number, TimeProvider time, Action<VoiceEvent> tell) =>
        number is not null && _byNumber.TryGetValue(number, out var make) ? make(time, tell) : null;

    private static Func<TimeProvider, Action<VoiceEvent>, ServiceCall> Maker(CallServiceOptions service)
    {
        if (service.Kind == CallServiceKind.Echo)
        {
            return (time, tell) => new EchoCall(time, tell);
        }
        var audio = service.File.Length == 0 ? BuiltInNotes.Make() : Read(service.File);
        return service.Kind == CallServiceKind.Play
            ? (time, tell) => new PlayCall(audio, time, tell)
            : (time, tell) => new RecordCall(audio, time, tell);
    }

    private static SharedAudio Read(string file)
    {
        try
        {
            var wav = WavFile.Read(file);
            return new SharedAudio(wav.Mono(), wav.SampleRateHz);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"calls.services: {file} cannot be played: {e.Message}", e);
        }
    }
}
