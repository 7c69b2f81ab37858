using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OCPlatform.AiAdapters.Dialogue;
using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.Dialog.Tests;

/// <summary>A model whose answers the test gives, one call after the other, when it wants to.</summary>
public sealed class ScriptedModel : IDialogModel
{
    private readonly BlockingCollection<Call> _calls = [];

    /// <summary>The next call that the conversation makes.</summary>
    public Call Next() =>
        _calls.TryTake(out var call, TimeSpan.FromSeconds(10))
            ? call
            : throw new TimeoutException("the model was not asked");

    public async IAsyncEnumerable<RespondResponse> RespondAsync(
        RespondRequest request,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var call = new Call(request, cancellation);
        _calls.Add(call, cancellation);
        await foreach (var response in call.Responses.Reader.ReadAllAsync(cancellation))
        {
            yield return response;
        }
    }

    public sealed record Call(RespondRequest Request, CancellationToken Cancellation)
    {
        public Channel<RespondResponse> Responses { get; } =
            System.Threading.Channels.Channel.CreateUnbounded<RespondResponse>();

        public Call Text(string text) => Write(new RespondResponse { TextDelta = text });

        public Call Slot(string name, string value) =>
            Write(
                new RespondResponse
                {
                    StateChange = new StateChange
                    {
                        Slot = new Entry { Name = name, Value = value },
                    },
                }
            );

        public Call Tool(string name, string arguments = "{}") =>
            Write(
                new RespondResponse
                {
                    ToolCall = new ToolCall { Name = name, ArgumentsJson = arguments },
                }
            );

        public Call HangUp() => Write(new RespondResponse { End = new End { Reason = "test" } });

        public void Done() => Responses.Writer.Complete();

        public void Fail() => Responses.Writer.Complete(new DialogModelException("broken by the test"));

        private Call Write(RespondResponse response)
        {
            Responses.Writer.TryWrite(response).Should().BeTrue();
            return this;
        }
    }
}

/// <summary>A tool that counts its effects by key and returns when the test lets it.</summary>
public sealed class GatedTool : Tools.ITool
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;

    public string Name => "test.tool";
    public string Description => "";
    public string ParametersJson => "{}";
    public int Runs => _runs;
    public ConcurrentBag<string> Keys { get; } = [];

    public void Open() => _gate.TrySetResult();

    public async Task<string> RunAsync(Tools.ToolInvocation invocation, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _runs);
        Keys.Add(invocation.Key);
        await _gate.Task.WaitAsync(cancellation);
        return """{"done":true}""";
    }
}
