using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Serialization;
using Akka.TestKit.Xunit2;
using OCPlatform.Contracts.Calls;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Tests.Serialization;

/// <summary>A newer version in the same cluster sends what this one does not know.</summary>
public sealed class MixedVersionTests() : TestKit(Remote + Binding(typeof(WireSerializer), typeof(IWireMessage)))
{
    private const string Remote = """
        akka.loglevel = ERROR
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        """;

    [Fact]
    public async Task A_message_that_only_the_newer_version_knows_is_dropped_and_counted_and_the_next_one_arrives()
    {
        var dropped = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == WireSerializer.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref dropped, (int)count));
        listener.Start();
        using var newer = ActorSystem.Create(
            "newer",
            Remote
                + Binding(typeof(NewerSerializer), typeof(INewerMessage))
                + Binding(typeof(WireSerializer), typeof(IWireMessage))
        );
        var here = ((ExtendedActorSystem)Sys).Provider.DefaultAddress;
        var known = await newer
            .ActorSelection($"{here}{TestActor.Path.ToStringWithoutAddress()}")
            .ResolveOne(TimeSpan.FromSeconds(20));
        var message = new CallCommands.Recover(CallId.New());

        known.Tell(new NewerMessage());
        known.Tell(message);

        ExpectMsg<CallCommands.Recover>(TimeSpan.FromSeconds(20)).Should().Be(message);
        Volatile.Read(ref dropped).Should().Be(1);
        await newer.Terminate();
    }

    private static string Binding(Type serializer, Type message) =>
        $$"""

            akka.actor.serializers.{{serializer.Name}} = "{{serializer.AssemblyQualifiedName}}"
            akka.actor.serialization-bindings { "{{message.AssemblyQualifiedName}}" = {{serializer.Name}} }
            """;

    public interface INewerMessage;

    public sealed record NewerMessage : INewerMessage;

    /// <summary>The serializer of a version that has one more message.</summary>
    public sealed class NewerSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 7001;

        public override string Manifest(object o) => "call/never/9";

        public override byte[] ToBinary(object obj) => "{}"u8.ToArray();

        public override object FromBinary(byte[] bytes, string manifest) => throw new NotSupportedException();
    }
}
