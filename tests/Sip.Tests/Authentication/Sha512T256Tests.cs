using System.Text;
using OCPlatform.Sip.Authentication;

namespace OCPlatform.Sip.Tests.Authentication;

public sealed class Sha512T256Tests
{
    [Theory]
    [InlineData("", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a")]
    [InlineData("abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23")]
    public void Short_texts_hash_as_in_the_standards_examples(string text, string hash) =>
        HashOf(Encoding.ASCII.GetBytes(text)).Should().Be(hash);

    [Theory]
    [InlineData(111, "fe05f95a81e48e53dcd275664fb4fe739f84e4c617a7c756a4398a1b1534119f")]
    [InlineData(112, "3a518cc56feb86a1e3b85c262b8a5f4d209e4acdc2b1b5af72e49020bd84d7a0")]
    [InlineData(127, "791ad5c3b05901099ab96bff29f05f517c892e0d55c5f056483c5a22c3b8301d")]
    [InlineData(128, "ece50bea01326751d73f091ee36b3fccce496e289db73356389723777b8788e7")]
    [InlineData(1000, "9fcc4b1db1bb5edafdad4c6c54a1e6a5552ab30a7d5fbf82a6597ed3292c6290")]
    public void The_padding_is_right_at_every_edge_of_a_block(int length, string hash) =>
        HashOf([.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))]).Should().Be(hash, "OpenSSL says so");

    private static string HashOf(byte[] message) => Convert.ToHexStringLower(Sha512T256.HashData(message));
}
