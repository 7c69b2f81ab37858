using OCPlatform.AiAdapters.Embedding;
using OCPlatform.Dialog.Agents;
using OCPlatform.Dialog.Tools;

namespace OCPlatform.Dialog.Tests;

/// <summary>The shipped agent, and the one embedder of this test run.</summary>
public static class TestAgent
{
    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "agents");

    private static readonly Lazy<SentenceEmbedder> LazyEmbedder = new(() =>
        new SentenceEmbedder(Model("model.onnx"), Model("vocab.txt"))
    );

    public static AgentCatalogue Catalogue { get; } = AgentCatalogue.Load(Folder, ToolBox.BuiltIn);

    public static AgentDefinition FrontDesk => Catalogue.Find("frontdesk")!;

    public static ISentenceEmbedder Embedder => LazyEmbedder.Value;

    private static string Model(string file)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "models", "minilm", file);
            if (File.Exists(path))
            {
                return path;
            }
        }
        throw new FileNotFoundException("models/minilm is missing; `./ocp models fetch` brings it.");
    }
}
