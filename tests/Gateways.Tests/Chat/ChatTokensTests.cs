using System.Security.Cryptography;
using CsCheck;
using OCPlatform.Contracts.Conversations;
using OCPlatform.Gateways.Chat;

namespace OCPlatform.Gateways.Tests.Chat;

public sealed class ChatTokensTests
{
    private readonly ChatTokens _tokens = new(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public void A_token_opens_the_conversation_it_was_made_for()
    {
        var id = ConversationId.NewChat();

        _tokens.TryRead(_tokens.TokenOf(id), out var read).Should().BeTrue();
        read.Should().Be(id);
    }

    [Fact]
    public void A_token_with_any_character_changed_added_or_missing_opens_nothing()
    {
        var token = _tokens.TokenOf(ConversationId.NewChat());
        Gen.Select(Gen.Int[0, token.Length], Gen.Int[0, 2], Gen.Char.AlphaNumeric)
            .Sample(
                (at, how, character) =>
                {
                    var forged = how switch
                    {
                        0 => token.Insert(at, $"{character}"),
                        1 when at < token.Length => token.Remove(at, 1),
                        _ when at < token.Length => token.Remove(at, 1).Insert(at, $"{character}"),
                        _ => token + character,
                    };
                    return forged == token || !_tokens.TryRead(forged, out _);
                }
            );
    }

    [Fact]
    public void A_signature_does_not_fit_another_conversation_nor_another_key()
    {
        var token = _tokens.TokenOf(ConversationId.NewChat());
        var signature = token[token.IndexOf('.', StringComparison.Ordinal)..];

        _tokens.TryRead(ConversationId.NewChat() + signature, out _).Should().BeFalse();
        new ChatTokens(RandomNumberGenerator.GetBytes(32)).TryRead(token, out _).Should().BeFalse();
    }

    [Fact]
    public void The_key_is_made_once_for_the_owners_eyes_only_and_read_ever_after()
    {
        var folder = Directory.CreateTempSubdirectory("ocp-key-");
        try
        {
            var path = Path.Combine(folder.FullName, "new", "chat.key");
            var token = ChatTokens.FromFile(path).TokenOf(ConversationId.NewChat());

            ChatTokens.FromFile(path).TryRead(token, out _).Should().BeTrue();
            if (!OperatingSystem.IsWindows())
            {
                File.GetUnixFileMode(path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
            Directory.GetFiles(Path.GetDirectoryName(path)!).Should().Equal(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("c2hvcnQ=")]
    public void A_file_without_a_key_is_refused_with_what_to_do(string content)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, content);

            var act = () => ChatTokens.FromFile(path);

            act.Should().Throw<InvalidDataException>().WithMessage($"*{path}*Remove it*");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
