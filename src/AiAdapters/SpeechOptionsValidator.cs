using System.ComponentModel.DataAnnotations;

namespace OCPlatform.AiAdapters;

/// <summary>Checks the whole tree of <see cref="SpeechOptions"/>; DataAnnotations alone stop at the first level.</summary>
public static class SpeechOptionsValidator
{
    /// <returns>One line per fault, with the key as the configuration file has it; empty when all is well.</returns>
    public static IReadOnlyList<string> Validate(SpeechOptions options)
    {
        var faults = new List<string>();
        Check(options, "speech", faults);
        Check(options.Stt, "speech.stt", faults);
        Check(options.Tts, "speech.tts", faults);
        Check(options.Engines, "speech.engines", faults);
        Check(options.Breaker, "speech.breaker", faults);
        CheckAddresses(options.Stt.FallbackAddresses, "speech.stt.fallbackAddresses", faults);
        CheckAddresses(options.Tts.FallbackAddresses, "speech.tts.fallbackAddresses", faults);
        if (options.Stt.SpeculateAfterSilenceMs >= options.Stt.EndOfUtteranceSilenceMs)
            faults.Add("speech.stt.speculateAfterSilenceMs: must be less than speech.stt.endOfUtteranceSilenceMs.");
        if (options.Breaker.MaxOpenMs < options.Breaker.OpenMs)
            faults.Add("speech.breaker.maxOpenMs: must be at least speech.breaker.openMs.");
        return faults;
    }

    /// <exception cref="ValidationException">Any fault; the message has all of them.</exception>
    public static void ThrowIfInvalid(SpeechOptions options)
    {
        var faults = Validate(options);
        if (faults.Count > 0)
            throw new ValidationException(string.Join(Environment.NewLine, faults));
    }

    private static void Check(object section, string prefix, List<string> faults)
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(section, new ValidationContext(section), results, validateAllProperties: true);
        foreach (var result in results)
        {
            var member = result.MemberNames.FirstOrDefault() ?? "";
            var key = member.Length == 0 ? prefix : $"{prefix}.{char.ToLowerInvariant(member[0])}{member[1..]}";
            faults.Add($"{key}: {result.ErrorMessage}");
        }
    }

    private static void CheckAddresses(List<string> addresses, string key, List<string> faults)
    {
        foreach (var address in addresses)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
                faults.Add($"{key}: '{address}' is not an http:// or https:// address.");
        }
    }
}
