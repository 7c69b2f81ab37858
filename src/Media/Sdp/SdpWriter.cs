using System.Text;

namespace OCPlatform.Media.Sdp;

internal static class SdpWriter
{
    public static string Write(SessionDescription description)
    {
        var text = new StringBuilder(512);
        var origin = description.Origin;
        text.Append("v=0\r\n");
        text.Append("o=").Append(origin.Username).Append(' ').Append(origin.SessionId);
        text.Append(' ').Append(origin.SessionVersion).Append(" IN ").Append(AddressType(origin.Address));
        text.Append(' ').Append(origin.Address).Append("\r\n");
        text.Append("s=").Append(description.SessionName).Append("\r\n");
        Connection(text, description.ConnectionAddress);
        text.Append("t=0 0\r\n");
        Attributes(text, description.Attributes);
        foreach (var media in description.Media)
        {
            text.Append("m=").Append(media.Kind).Append(' ').Append(media.Port).Append(' ').Append(media.Protocol);
            foreach (var format in media.Formats)
                text.Append(' ').Append(format);
            text.Append("\r\n");
            Connection(text, media.ConnectionAddress);
            Attributes(text, media.Attributes);
        }

        return text.ToString();
    }

    private static void Connection(StringBuilder text, string? address)
    {
        if (address is not null)
            text.Append("c=IN ").Append(AddressType(address)).Append(' ').Append(address).Append("\r\n");
    }

    private static void Attributes(StringBuilder text, IReadOnlyList<SdpAttribute> attributes)
    {
        foreach (var attribute in attributes)
        {
            text.Append("a=").Append(attribute.Name);
            if (attribute.Value is not null)
                text.Append(':').Append(attribute.Value);
            text.Append("\r\n");
        }
    }

    private static string AddressType(string address) => address.Contains(':') ? "IP6" : "IP4";
}
