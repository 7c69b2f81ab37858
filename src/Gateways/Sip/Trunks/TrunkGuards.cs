namespace OCPlatform.Gateways.Sip;

/// <summary>Why a call out was not allowed.</summary>
public enum GuardReason
{
    /// <summary>No prefix of `allow` fits.</summary>
    NumberNotAllowed,

    /// <summary>A prefix of `deny` fits best.</summary>
    NumberDenied,

    /// <summary>The trunk has its calls out at once.</summary>
    TooManyCalls,

    /// <summary>The trunk has had its calls of this second.</summary>
    TooManyCallsPerSecond,

    /// <summary>The caller has its calls at once.</summary>
    TooManyCallsOfCaller,

    /// <summary>The cap of the hour or day is reached, or the price is not known while there is a cap.</summary>
    SpendLimit,
}

/// <summary>A guard's refusal, in words.</summary>
public sealed record GuardRefusal(GuardReason Reason, string Cause);

/// <summary>A trunk's guards as they are configured: which numbers may be called. Immutable.</summary>
public sealed class TrunkGuards
{
    private const string Everything = "*";

    private readonly PrefixTable<bool> _allowed = new();
    private readonly PrefixTable<double> _rates = new();
    private readonly bool _allowsEverything;
    private readonly bool _allowsNothing;

    public TrunkGuards(TrunkGuardOptions options)
    {
        Options = options;
        foreach (var prefix in options.Allow)
        {
            _allowed.Add(DigitsOf(prefix), true);
        }
        // After the allowed ones, so that a prefix in both lists is denied.
        foreach (var prefix in options.Deny)
        {
            _allowed.Add(DigitsOf(prefix), false);
        }
        foreach (var rate in options.Rates)
        {
            _rates.Add(DigitsOf(rate.Prefix), rate.PerMinute);
        }
        _allowsEverything = options.Allow.Contains(Everything);
        _allowsNothing = options.Allow.Count == 0;
    }

    internal TrunkGuardOptions Options { get; }

    /// <summary>How many digits of the number decided that it may be called; -1 when it may not, and then why.</summary>
    internal int Match(DialledNumber? number, string dialled, out GuardRefusal? refusal)
    {
        refusal = null;
        if (number is null)
        {
            if (_allowsEverything)
            {
                return 0;
            }
            refusal = new GuardRefusal(
                GuardReason.NumberNotAllowed,
                $"does not allow '{dialled}', which is no telephone number"
            );
            return -1;
        }
        if (_allowed.Longest(number.Digits, out var length, out var allowed) && allowed)
        {
            return length;
        }
        refusal =
            length >= 0 ? new GuardRefusal(GuardReason.NumberDenied, $"denies {number}")
            : _allowsNothing
                ? new GuardRefusal(GuardReason.NumberNotAllowed, "allows no number at all: guards.allow is empty")
            : new GuardRefusal(GuardReason.NumberNotAllowed, $"does not allow {number}");
        return -1;
    }

    /// <summary>The price of a minute; null when there is none for this number.</summary>
    internal double? RateOf(DialledNumber? number) =>
        number is not null && _rates.Longest(number.Digits, out _, out var rate) ? rate : null;

    private static string DigitsOf(string prefix) =>
        prefix == Everything ? "" : DialledNumber.Read(prefix)?.Digits ?? prefix;
}

/// <summary>Values by prefix; the longest match counts.</summary>
internal sealed class PrefixTable<T>
{
    private readonly Dictionary<string, T> _entries = [];
    private int _longest;

    public void Add(string prefix, T value)
    {
        _entries[prefix] = value;
        _longest = Math.Max(_longest, prefix.Length);
    }

    public bool Longest(string digits, out int length, out T? value)
    {
        var lookup = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
        for (length = Math.Min(_longest, digits.Length); length >= 0; length--)
        {
            if (lookup.TryGetValue(digits.AsSpan(0, length), out value))
            {
                return true;
            }
        }
        value = default;
        return false;
    }
}
