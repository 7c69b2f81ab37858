using OCPlatform.Sip;
using OCPlatform.Sip.Location;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Gateways.Sip;

/// <summary>
/// The addresses that a URI stands for, in the order they are to be tried (RFC 3263). Empty when there are none. May throw what name
/// resolution throws.
/// </summary>
public delegate Task<IReadOnlyList<SipDestination>> SipTargetResolver(SipUri uri, CancellationToken stop);

internal static class SipTargetResolvers
{
    /// <summary>Asks the locator; a URI that leads nowhere throws with the reason.</summary>
    public static SipTargetResolver By(SipServerLocator locator) =>
        async (uri, stop) =>
        {
            var location = await locator.LocateAsync(uri, stop);
            return location.Problem is { } problem ? throw new InvalidOperationException(problem) : location.Destinations;
        };
}
