using System.Runtime.Serialization;
using System.Text;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Tests.Serialization;

public sealed partial class WireSerializerTests : TestKit
{
    private readonly WireSerializer _serializer;

    public WireSerializerTests() => _serializer = new WireSerializer((ExtendedActorSystem)Sys);

    public static TheoryData<string> WireNames() => [.. WireSerializer.KnownTypes.Keys.Order()];

    [Theory]
    [MemberData(nameof(WireNames))]
    public void Every_message_comes_back_as_it_was(string name)
    {
        foreach (var withNulls in new[] { false, true })
        {
            var message = new SampleValues(withNulls).Make(WireSerializer.KnownTypes[name]);

            var bytes = _serializer.ToBinary(message);
            var read = _serializer.FromBinary(bytes, _serializer.Manifest(message));

            ShouldEqual(read, message);
            Encoding.UTF8.GetString(_serializer.ToBinary(read)).Should().Be(Encoding.UTF8.GetString(bytes));
        }
    }

    [Theory]
    [MemberData(nameof(WireNames))]
    public void A_reader_ignores_fields_that_a_newer_writer_added(string name)
    {
        var message = new SampleValues(withNulls: false).Make(WireSerializer.KnownTypes[name]);
        var json = Encoding.UTF8.GetString(_serializer.ToBinary(message));
        var newer = "{\"addedLater\":{\"x\":[1]}" + (json == "{}" ? "" : ",") + json[1..];

        ShouldEqual(_serializer.FromBinary(Encoding.UTF8.GetBytes(newer), name), message);
    }

    [Theory]
    [MemberData(nameof(WireNames))]
    public void A_wire_name_is_short_lower_case_and_versioned(string name)
    {
        WireName().IsMatch(name).Should().BeTrue(name);
    }

    [Fact]
    public void Every_concrete_wire_message_has_a_name()
    {
        var nameless = typeof(IWireMessage)
            .Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IWireMessage).IsAssignableFrom(type))
            .Except(WireSerializer.KnownTypes.Values);

        nameless.Should().BeEmpty();
    }

    [Fact]
    public void Unknown_manifests_and_damaged_bytes_are_serialization_errors()
    {
        var ended = new CallCommands.Recover(CallId.New());
        var bytes = _serializer.ToBinary(ended);

        _serializer.Invoking(s => s.FromBinary(bytes, "call/never/9")).Should().Throw<SerializationException>();
        for (var length = 0; length < bytes.Length; length++)
        {
            var cut = bytes[..length];
            _serializer.Invoking(s => s.FromBinary(cut, "call/recover/1")).Should().Throw<SerializationException>();
        }
    }

    private static void ShouldEqual(object read, object message)
    {
        read.GetType().Should().Be(message.GetType());
        if (message.GetType().GetProperties().Length > 0)
        {
            read.Should().BeEquivalentTo(message, options => options.PreferringRuntimeMemberTypes());
        }
    }

    [GeneratedRegex("^[a-z-]+/[a-z-]+/[1-9][0-9]*$")]
    private static partial Regex WireName();
}
