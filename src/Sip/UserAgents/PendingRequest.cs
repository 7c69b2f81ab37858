using OCPlatform.Sip.Authentication;
using OCPlatform.Sip.Transactions;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.UserAgents;

/// <summary>A non-INVITE request under way: answers one digest challenge and completes with the final response, or null.</summary>
internal sealed class PendingRequest(
    SipUserAgent agent,
    SipRequest request,
    SipDestination destination,
    DigestClient? digest
) : IClientTransactionUser
{
    private readonly TaskCompletionSource<SipResponse?> _result = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private SipRequest _request = request;
    private SipTransactionId? _current;

    public Task<SipResponse?> Result => _result.Task;

    public void Start()
    {
        _current = agent.Send(_request, destination, this);
        if (_current is null)
        {
            _result.TrySetResult(null);
        }
    }

    public void OnResponse(SipTransactionId id, SipResponse response)
    {
        if (response.IsProvisional || id != _current)
        {
            return;
        }
        if (
            response.StatusCode is SipStatus.Unauthorized or SipStatus.ProxyAuthenticationRequired
            && digest?.Answer(_request, response) is { } again
        )
        {
            _request = again;
            Start();
            return;
        }
        _result.TrySetResult(response);
    }

    public void OnEnded(SipTransactionId id, SipTransactionEnd end)
    {
        if (id == _current)
        {
            _result.TrySetResult(null);
        }
    }
}
