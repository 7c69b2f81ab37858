namespace OCPlatform.Sip.Authentication;

/// <summary>
/// Remembers the nonce counts lately used with success, so that a captured request cannot be played again (RFC 7616 §3.4.5). Bounded: when full
/// the oldest nonce is forgotten, and with it every nonce of its age that is not remembered counts as used, so that forgetting opens no door.
/// </summary>
internal sealed class NonceCountWindow(int capacity)
{
    /// <summary>Counts may arrive out of order over UDP; this many below the highest are told apart.</summary>
    private const int Width = 64;

    private readonly Dictionary<string, (uint Highest, ulong Seen)> _nonces = [];
    private readonly Queue<(string Nonce, DateTimeOffset IssuedAt)> _order = [];
    private readonly Lock _lock = new();
    private DateTimeOffset _forgottenUpTo = DateTimeOffset.MinValue;

    /// <summary>True when the count was not used before with this nonce.</summary>
    public bool TryUse(string nonce, DateTimeOffset issuedAt, uint count)
    {
        lock (_lock)
        {
            if (!_nonces.TryGetValue(nonce, out var window))
            {
                return TryBegin(nonce, issuedAt, count);
            }
            if (count > window.Highest)
            {
                var shift = count - window.Highest;
                _nonces[nonce] = (count, (shift >= Width ? 0 : window.Seen << (int)shift) | 1);
                return true;
            }
            var back = window.Highest - count;
            if (back >= Width || (window.Seen & 1ul << (int)back) != 0)
            {
                return false;
            }
            _nonces[nonce] = (window.Highest, window.Seen | 1ul << (int)back);
            return true;
        }
    }

    private bool TryBegin(string nonce, DateTimeOffset issuedAt, uint count)
    {
        if (issuedAt <= _forgottenUpTo)
        {
            return false;
        }
        if (_nonces.Count >= capacity)
        {
            var (oldest, at) = _order.Dequeue();
            _nonces.Remove(oldest);
            _forgottenUpTo = at > _forgottenUpTo ? at : _forgottenUpTo;
        }
        _nonces[nonce] = (count, 1);
        _order.Enqueue((nonce, issuedAt));
        return true;
    }
}
