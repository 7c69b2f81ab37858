namespace OCPlatform.Dialog.Flows;

/// <summary>What the agent's last question asked for, where it is not a slot. No slot's name has a question mark.</summary>
internal static class Awaiting
{
    public const string Nothing = "";
    public const string Confirm = "?confirm";
    public const string Change = "?change";
    public const string AnythingElse = "?anythingElse";
    public const string OfferMessage = "?offerMessage";
}

/// <summary>Names of the engine's own notes.</summary>
internal static class Notes
{
    /// <summary>How often in a row the person was not understood.</summary>
    public const string Misses = "misses";

    /// <summary>How often in a row the person said nothing.</summary>
    public const string Silences = "silences";

    /// <summary>The starts that were offered, local ISO times with commas.</summary>
    public const string Offers = "offers";

    /// <summary>The start that the check tool found free.</summary>
    public const string Checked = "checked";

    /// <summary>Digits of a phone number that is not complete yet.</summary>
    public const string Digits = "digits";

    /// <summary>A part of the day that was asked for.</summary>
    public const string Part = "part";

    /// <summary>How often in a row the submitting tool failed.</summary>
    public const string Failures = "failures";
}
