namespace OCPlatform.Media.Ice;

/// <summary>Attribute types (RFC 8489 §18.3, RFC 8445 §20.1). Those below 0x8000 must be understood or refused.</summary>
internal static class StunAttribute
{
    public const int MappedAddress = 0x0001;
    public const int Username = 0x0006;
    public const int MessageIntegrity = 0x0008;
    public const int ErrorCode = 0x0009;
    public const int UnknownAttributes = 0x000A;
    public const int Realm = 0x0014;
    public const int Nonce = 0x0015;
    public const int MessageIntegritySha256 = 0x001C;
    public const int PasswordAlgorithm = 0x001D;
    public const int UserHash = 0x001E;
    public const int XorMappedAddress = 0x0020;
    public const int Priority = 0x0024;
    public const int UseCandidate = 0x0025;
    public const int Software = 0x8022;
    public const int Fingerprint = 0x8028;
    public const int IceControlled = 0x8029;
    public const int IceControlling = 0x802A;

    public static bool IsUnknownRequired(int type) =>
        type < 0x8000
        && type
            is not (
                MappedAddress
                or Username
                or MessageIntegrity
                or ErrorCode
                or UnknownAttributes
                or Realm
                or Nonce
                or MessageIntegritySha256
                or PasswordAlgorithm
                or UserHash
                or XorMappedAddress
                or Priority
                or UseCandidate
            );
}
