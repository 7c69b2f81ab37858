using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.AiAdapters.Dialogue;

/// <summary>
/// What thinks for an agent: one step of one turn per call, nothing kept in between. <see cref="DialogModelService"/>
/// serves one over gRPC, and <see cref="DialogModelClient"/> is one on the other side of the wire.
/// </summary>
public interface IDialogModel
{
    /// <summary>
    /// Answers the request's input. The stream ends when all is said or after the tool calls, whose results are then the
    /// input of another call.
    /// </summary>
    /// <exception cref="DialogModelException">No answer could be had; the message says why.</exception>
    IAsyncEnumerable<RespondResponse> RespondAsync(RespondRequest request, CancellationToken cancellation);
}

/// <summary>The model could not answer.</summary>
public sealed class DialogModelException(string message, Exception? inner = null) : Exception(message, inner);
