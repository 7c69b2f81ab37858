using System.Globalization;
using OCPlatform.Sip;

namespace OCPlatform.Bench.Sip;

/// <summary>What SIP messages cost: <c>sip</c>.</summary>
internal static class SipBench
{
    private static readonly (string Name, byte[] Bytes)[] Typical =
    [
        ($"INVITE with SDP, {TypicalMessages.Invite.Length} B", TypicalMessages.Invite),
        ($"200 with SDP, {TypicalMessages.Ok.Length} B", TypicalMessages.Ok),
        ($"BYE, {TypicalMessages.Bye.Length} B", TypicalMessages.Bye),
    ];

    public static int Run(string[] arguments)
    {
        if (arguments.Length > 0)
        {
            Console.Error.WriteLine($"sip takes no arguments, but got '{arguments[0]}'.");
            return 2;
        }
        PrintParsing();
        PrintWriting();
        new RoutingBench().Print();
        return 0;
    }

    private static void PrintParsing()
    {
        var table = new FigureTable("Parse, as an endpoint does", "ns", "allocated B", "messages/s");
        foreach (var (name, bytes) in Typical)
        {
            table.Add(name, Figures(Measurement.Of(() => Parse(bytes))));
        }
        var next = 0;
        table.Add(
            "the three in turn",
            Figures(Measurement.Of(() => Parse(Typical[next = (next + 1) % Typical.Length].Bytes)))
        );
        table.Print();
        var own = new FigureTable("Parse, memory left to the collector", "ns", "allocated B", "messages/s");
        foreach (var (name, bytes) in Typical)
        {
            own.Add(name, Figures(Measurement.Of(() => SipParser.TryParse(bytes.AsSpan(), out _, out _))));
        }
        own.Print();
    }

    private static void Parse(byte[] bytes)
    {
        SipParser.TryParsePooled(bytes, out var message, out _);
        message!.Release();
    }

    private static void PrintWriting()
    {
        var table = new FigureTable("Write", "ns", "allocated B", "messages/s");
        var output = new System.Buffers.ArrayBufferWriter<byte>(4096);
        foreach (var (name, bytes) in Typical)
        {
            var message = SipParser.Parse(bytes);
            var cost = Measurement.Of(() =>
            {
                output.ResetWrittenCount();
                message.WriteTo(output);
            });
            table.Add(name, Figures(cost));
        }
        var invite = (SipRequest)SipParser.Parse(TypicalMessages.Invite);
        table.Add("made of an INVITE: 180 with a tag", Figures(Measurement.Of(() => Ring(invite))));
        table.Print();
    }

    private static void Ring(SipRequest invite) =>
        SipResponse.Create(invite, 180, toTag: TypicalMessages.CallTag).ToBytes();

    internal static string[] Figures(Cost cost) =>
        [
            cost.Nanoseconds.ToString("N0", CultureInfo.InvariantCulture),
            cost.AllocatedBytes.ToString("N0", CultureInfo.InvariantCulture),
            cost.PerSecond.ToString("N0", CultureInfo.InvariantCulture),
        ];
}
