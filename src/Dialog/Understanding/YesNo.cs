using System.Text.RegularExpressions;

namespace OCPlatform.Dialog.Understanding;

public enum Consent
{
    None,
    Yes,
    No,
}

/// <summary>Reads yes and no in the forms people use on the phone.</summary>
public static partial class YesNo
{
    public static Consent Read(string plain)
    {
        // "no, that's right", "no problem", "not bad, yes" say yes with a no in them.
        if (YesWithNo().IsMatch(plain))
        {
            return Consent.Yes;
        }
        if (No().IsMatch(plain))
        {
            return Consent.No;
        }
        return Yes().IsMatch(plain) ? Consent.Yes : Consent.None;
    }

    [GeneratedRegex(
        @"^(?:no|nope|nah)? ?(?:no problem|no worries|no objections?|why not)\b|^(?:no|nah) (?:that's|that is|it's|that'll be|it is|all) (?:right|fine|correct|good|perfect|great|okay|ok)\b|^not? bad\b"
    )]
    private static partial Regex YesWithNo();

    [GeneratedRegex(
        @"^(?:(?:oh|um|uh|er|well|sorry|hmm|i'm afraid|actually|wait|but) )*(?:no|nope|nah|nay|know|negative|not|don't|do not|never|wrong|incorrect|nothing|none|stop|wait|hold on|hang on)\b|\b(?:that's|that is|it's|it is|this is|is) (?:not|wrong|incorrect|false)\b|\b(?:isn't|not) (?:right|correct|what i|it)\b|\bi don't think so\b|\brather not\b|\bno thank"
    )]
    private static partial Regex No();

    [GeneratedRegex(
        @"^(?:(?:oh|um|uh|er|well|hmm|ah|i think|i guess|and|so) )*(?:yes|yeah|yea|yep|yup|ya|yah|yas|yeh|yet|jess|yesh|sure|correct|right|exactly|absolutely|definitely|indeed|affirmative|certainly|of course|okay|ok|okey|k|alright|all right|fine|perfect|great|good|sounds|please|please do|go ahead|go for it|do it|do that|book it|i do|i would|i'd like that|it is|it does|that is|that's it|that works|that will|that'll|works|mm ?hmm?|uh ?huh|aha|you bet|you got it|confirmed?|i confirm|let's do|wonderful|excellent|lovely|super|cool|true|positive)\b|\b(?:that's|that is|sounds|is|looks|all|it's|works) (?:right|correct|good|great|fine|perfect|okay|ok|it|for me|exactly)\b|\byes\b|\byeah\b"
    )]
    private static partial Regex Yes();
}
