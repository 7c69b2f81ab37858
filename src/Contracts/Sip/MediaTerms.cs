namespace OCPlatform.Contracts.Sip;

/// <summary>What the way that a call came by allows its media.</summary>
/// <param name="Codecs">Names as in a=rtpmap, best first; empty for all that the node has, in the caller's order.</param>
/// <param name="Srtp">Encryption: Never, Allowed or Required.</param>
public sealed record MediaTerms(IReadOnlyList<string> Codecs, string Srtp);
