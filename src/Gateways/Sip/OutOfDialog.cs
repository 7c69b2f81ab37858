using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>Answers to requests that belong to no call.</summary>
internal static class OutOfDialog
{
    private static readonly string[] InDialogOnly =
    [
        SipMethod.Bye,
        SipMethod.Cancel,
        SipMethod.Update,
        SipMethod.Prack,
        SipMethod.Info,
        SipMethod.Notify,
    ];

    private static readonly string[] Known =
    [
        SipMethod.Register,
        SipMethod.Subscribe,
        SipMethod.Publish,
        SipMethod.Refer,
        SipMethod.Message,
    ];

    /// <summary>OPTIONS is answered as a keep-alive and tells what we can (RFC 3261 §11); the rest is refused rightly.</summary>
    public static SipResponse Answer(SipRequest request, string toTag)
    {
        var status = request.Method switch
        {
            SipMethod.Options => SipStatus.Ok,
            var m when InDialogOnly.Contains(m) => SipStatus.CallDoesNotExist,
            var m when Known.Contains(m) => SipStatus.MethodNotAllowed,
            _ => SipStatus.NotImplemented,
        };
        var response = SipResponse.Create(request, status, toTag: toTag);
        response.Headers.Add(SipHeaderId.Allow, SipProduct.Allow);
        if (status == SipStatus.Ok)
        {
            response
                .Headers.Add(SipHeaderId.Accept, "application/sdp")
                .Add(SipHeaderId.Supported, SipProduct.Supported);
        }
        return response;
    }
}
