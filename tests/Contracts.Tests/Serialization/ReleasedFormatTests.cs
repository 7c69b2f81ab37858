using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using OCPlatform.Contracts.Serialization;

namespace OCPlatform.Contracts.Tests.Serialization;

/// <summary>
/// What every version has written can still be read. Released/VERSION holds a file for each wire name: a list of messages
/// as that version wrote them, one with all that it can hold and one with as little as it may.
/// </summary>
/// <remarks>
/// A new message, and a version before its release, get their files by
/// <c>OCP_WRITE_RELEASED=1 dotnet test tests/Contracts.Tests --filter FullyQualifiedName~ReleasedFormatTests</c>. It writes
/// what is missing and touches nothing that is there: those bytes lie in somebody's journal.
/// </remarks>
public sealed class ReleasedFormatTests
{
    private const string Wanted = "OCP_WRITE_RELEASED";

    public static TheoryData<string> Files() => [.. Kept()];

    [Fact]
    public void Every_message_has_its_bytes_kept()
    {
        var kept = Kept().Select(NameOf).ToHashSet();

        WireSerializer.KnownTypes.Keys.Where(name => !kept.Contains(name)).Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_a_version_wrote_is_read_as_what_it_was(string file)
    {
        foreach (var written in JsonNode.Parse(File.ReadAllText(Path.Combine(Folder(), file)))!.AsArray())
        {
            var read = WireSerializer.Read(
                Encoding.UTF8.GetBytes(written!.ToJsonString(WireSerializer.Json)),
                NameOf(file)
            );
            var again = System.Text.Json.JsonSerializer.SerializeToNode(read, read.GetType(), WireSerializer.Json);

            Lost(file, written, again).Should().BeEmpty();
        }
    }

    /// <summary>What was written and is not read; what was not written and is read as something.</summary>
    private static IEnumerable<string> Lost(string path, JsonNode? written, JsonNode? read) =>
        (written, read) switch
        {
            (JsonObject left, JsonObject right) => left.SelectMany(p => Lost($"{path}.{p.Key}", p.Value, right[p.Key]))
                .Concat(
                    right.Where(p => !left.ContainsKey(p.Key) && !IsNothing(p.Value)).Select(p => $"{path}.{p.Key}")
                ),
            (JsonArray left, JsonArray right) when left.Count == right.Count => left.SelectMany(
                (item, i) => Lost($"{path}[{i}]", item, right[i])
            ),
            _ => JsonNode.DeepEquals(written, read) ? [] : [path],
        };

    private static bool IsNothing(JsonNode? value) =>
        value switch
        {
            null => true,
            JsonArray list => list.Count == 0,
            JsonValue one => one.ToJsonString() is "false" or "0" or "\"\"",
            _ => false,
        };

    private static List<string> Kept()
    {
        WriteMissing();
        var files = Directory.EnumerateFiles(Folder(), "*.json", SearchOption.AllDirectories);
        return [.. files.Select(file => Path.GetRelativePath(Folder(), file)).Order(StringComparer.Ordinal)];
    }

    private static void WriteMissing()
    {
        if (Environment.GetEnvironmentVariable(Wanted) is not "1")
        {
            return;
        }
        var version = typeof(WireSerializer).Assembly.GetName().Version!.ToString(3);
        var folder = Directory.CreateDirectory(Path.Combine(Folder(), version)).FullName;
        foreach (var (name, type) in WireSerializer.KnownTypes)
        {
            var file = Path.Combine(folder, name.Replace('/', '.') + ".json");
            if (!File.Exists(file))
            {
                var messages = new[] { false, true }.Select(withNulls =>
                    Encoding.UTF8.GetString(
                        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                            new SampleValues(withNulls).Make(type),
                            type,
                            WireSerializer.Json
                        )
                    )
                );
                File.WriteAllText(file, $"[\n{string.Join(",\n", messages)}\n]\n");
            }
        }
    }

    private static string NameOf(string file) => Path.GetFileNameWithoutExtension(file).Replace('.', '/');

    // The sources' own folder: what is written belongs into the repository.
    private static string Folder([CallerFilePath] string here = "") =>
        Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(here)!, "..", "Released")).FullName;
}
