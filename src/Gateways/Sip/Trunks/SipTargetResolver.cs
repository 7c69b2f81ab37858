using OCPlatform.Sip;
using OCPlatform.Sip.Location;

namespace OCPlatform.Gateways.Sip;

/// <summary>Where a URI leads, in the order to be tried (RFC 3263).</summary>
public delegate Task<SipLocation> SipTargetResolver(SipUri uri, CancellationToken stop);
