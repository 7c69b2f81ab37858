using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using OCPlatform.Contracts.Conversations;

namespace OCPlatform.Gateways.Chat;

/// <summary>
/// Session tokens: "ID.SIGNATURE", the conversation's id and the base64url HMAC-SHA256 of it. Who holds the token holds
/// the conversation, so it is never logged.
/// </summary>
public sealed class ChatTokens
{
    private const int KeyBytes = 32;

    // Signed along with the id, so that a signature made for this purpose fits no other.
    private const string Purpose = "ocplatform/chat-session/1:";

    private readonly byte[] _key;

    /// <param name="key">At least 32 random bytes.</param>
    public ChatTokens(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(key.Length, KeyBytes);
        _key = key.ToArray();
    }

    /// <summary>The key from its file; at the first start the file is made with a random key and mode 0600.</summary>
    /// <exception cref="InvalidDataException">The file holds no key.</exception>
    public static ChatTokens FromFile(string path)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            Create(full);
        }
        try
        {
            return new ChatTokens(Convert.FromBase64String(File.ReadAllText(full).Trim()));
        }
        catch (Exception e) when (e is FormatException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException(
                $"{path} does not hold {KeyBytes} bytes in base64. Remove it: the next start makes a new one "
                    + "(chats that are open now cannot be resumed then).",
                e
            );
        }
    }

    public string TokenOf(ConversationId id) => $"{id}.{Base64Url.EncodeToString(Sign(id.Value))}";

    /// <summary>The conversation that a token of ours opens; false for any other text.</summary>
    public bool TryRead(string token, out ConversationId id)
    {
        id = default;
        var dot = token.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !ConversationId.TryParse(token[..dot], out var claimed))
        {
            return false;
        }
        // Compared as text: base64 has several spellings of the same bytes, and only ours shall pass.
        var expected = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Sign(claimed.Value)));
        if (!CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(token[(dot + 1)..])))
        {
            return false;
        }
        id = claimed;
        return true;
    }

    private byte[] Sign(string id) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(Purpose + id));

    private static void Create(string path)
    {
        // Written aside and then linked in place: a reader never sees half a key, and of two starting nodes one wins.
        var temporary = $"{path}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using (var writer = new StreamWriter(temporary, options))
        {
            writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));
        }
        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(temporary);
        }
    }
}
