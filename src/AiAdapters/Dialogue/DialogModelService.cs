using Grpc.Core;
using OCPlatform.AiAdapters.Dialogue.V1;

namespace OCPlatform.AiAdapters.Dialogue;

/// <summary>Serves an <see cref="IDialogModel"/> as <c>ocp.ai.v1.DialogModel</c>.</summary>
public sealed class DialogModelService(IDialogModel model) : DialogModel.DialogModelBase
{
    public override async Task Respond(
        RespondRequest request,
        IServerStreamWriter<RespondResponse> responseStream,
        ServerCallContext context
    )
    {
        try
        {
            await foreach (var response in model.RespondAsync(request, context.CancellationToken))
            {
                await responseStream.WriteAsync(response, context.CancellationToken);
            }
        }
        catch (DialogModelException e)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, e.Message));
        }
    }
}
