using System.Buffers;
using OCPlatform.Sip;

namespace OCPlatform.Gateways.Sip;

/// <summary>Knows scanners by what they write into User-Agent and From.</summary>
internal sealed class ScannerSigns(IReadOnlyList<string> names)
{
    private readonly SearchValues<string> _names = SearchValues.Create(
        [.. names.Where(name => name.Length > 0)],
        StringComparison.OrdinalIgnoreCase
    );

    public bool Mark(SipRequest request) => Has(request.UserAgent) || Has(request.Headers[SipHeaderId.From]);

    private bool Has(string? text) => text is not null && text.AsSpan().ContainsAny(_names);
}
