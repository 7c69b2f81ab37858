using System.Globalization;
using System.Text;
using System.Xml;

namespace OCPlatform.Gateways.Sip.Subscriptions;

/// <summary>Writes application/dialog-info+xml (RFC 4235 §4).</summary>
internal static class DialogInfo
{
    public const string ContentType = "application/dialog-info+xml";

    private const string Namespace = "urn:ietf:params:xml:ns:dialog-info";

    /// <param name="version">Rises by one with each document of a subscription, from 0.</param>
    /// <param name="full">All of the dialogs; else those that changed.</param>
    /// <param name="entity">The watched address.</param>
    /// <param name="dialogs">In the order in which they are told.</param>
    /// <param name="revealIds">Whether Call-ID and tags are told.</param>
    public static byte[] Write(
        uint version,
        bool full,
        string entity,
        IReadOnlyList<WatchedDialog> dialogs,
        bool revealIds
    )
    {
        using var buffer = new MemoryStream();
        var settings = new XmlWriterSettings { Encoding = new UTF8Encoding(false), CheckCharacters = false };
        using (var xml = XmlWriter.Create(buffer, settings))
        {
            xml.WriteStartElement("dialog-info", Namespace);
            xml.WriteAttributeString("version", version.ToString(CultureInfo.InvariantCulture));
            xml.WriteAttributeString("state", full ? "full" : "partial");
            xml.WriteAttributeString("entity", Clean(entity));
            foreach (var dialog in dialogs)
            {
                Write(xml, dialog, revealIds);
            }
            xml.WriteEndElement();
        }
        return buffer.ToArray();
    }

    private static void Write(XmlWriter xml, WatchedDialog dialog, bool revealIds)
    {
        xml.WriteStartElement("dialog", Namespace);
        xml.WriteAttributeString("id", dialog.Id);
        if (revealIds)
        {
            xml.WriteAttributeString("call-id", Clean(dialog.CallId));
            WriteAttribute(xml, "local-tag", dialog.LocalTag);
            WriteAttribute(xml, "remote-tag", dialog.RemoteTag);
        }
        xml.WriteAttributeString("direction", dialog.Initiator ? "initiator" : "recipient");
        xml.WriteStartElement("state", Namespace);
        if (dialog.Event is { } because)
        {
            xml.WriteAttributeString("event", NameOf(because));
        }
        xml.WriteString(NameOf(dialog.State));
        xml.WriteEndElement();
        WriteParty(xml, "local", dialog.LocalIdentity.ToString(), null);
        if (dialog.RemoteIdentity is { } remote)
        {
            WriteParty(xml, "remote", remote.Uri.ToString(), remote.DisplayName);
        }
        xml.WriteEndElement();
    }

    private static void WriteParty(XmlWriter xml, string name, string uri, string? display)
    {
        xml.WriteStartElement(name, Namespace);
        xml.WriteStartElement("identity", Namespace);
        WriteAttribute(xml, "display", display);
        xml.WriteString(Clean(uri));
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void WriteAttribute(XmlWriter xml, string name, string? value)
    {
        if (value is { Length: > 0 })
        {
            xml.WriteAttributeString(name, Clean(value));
        }
    }

    /// <summary>What a caller wrote may hold characters that no XML document may (XML 1.0 §2.2).</summary>
    private static string Clean(string text)
    {
        if (text.All(XmlConvert.IsXmlChar))
        {
            return text;
        }
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "?" : rune.ToString());
        }
        return clean.ToString();
    }

    private static string NameOf(WatchedState state) =>
        state switch
        {
            WatchedState.Trying => "trying",
            WatchedState.Proceeding => "proceeding",
            WatchedState.Early => "early",
            WatchedState.Confirmed => "confirmed",
            _ => "terminated",
        };

    private static string NameOf(WatchedEvent because) =>
        because switch
        {
            WatchedEvent.Cancelled => "cancelled",
            WatchedEvent.Rejected => "rejected",
            WatchedEvent.Replaced => "replaced",
            WatchedEvent.LocalBye => "local-bye",
            WatchedEvent.RemoteBye => "remote-bye",
            WatchedEvent.Timeout => "timeout",
            _ => "error",
        };
}
