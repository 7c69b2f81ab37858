using OCPlatform.AiAdapters.TextToSpeech.Cache;

namespace OCPlatform.AiAdapters.TextToSpeech.Service;

/// <summary>
/// Lets requests that want the same phrase at the same time share one synthesis. It goes on as long as one of them waits,
/// and is cancelled when the last has gone.
/// </summary>
internal sealed class SharedSynthesis
{
    private readonly Lock _lock = new();
    private readonly Dictionary<PhraseKey, Shared> _running = [];

    public async Task<short[]> RunAsync(
        PhraseKey key,
        Func<CancellationToken, Task<short[]>> synthesize,
        CancellationToken ct
    )
    {
        Shared shared;
        lock (_lock)
        {
            if (!_running.TryGetValue(key, out shared!))
            {
                shared = new Shared();
                shared.Work = synthesize(shared.Stop.Token);
                _running.Add(key, shared);
            }

            shared.Waiters++;
        }

        try
        {
            return await shared.Work.WaitAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            var last = false;
            lock (_lock)
            {
                if (--shared.Waiters == 0)
                {
                    _running.Remove(key);
                    last = true;
                }
            }

            if (last)
            {
                await shared.Stop.CancelAsync().ConfigureAwait(false);
                shared.Stop.Dispose();
            }
        }
    }

    private sealed class Shared
    {
        public CancellationTokenSource Stop { get; } = new();
        public Task<short[]> Work { get; set; } = Task.FromResult<short[]>([]);
        public int Waiters { get; set; }
    }
}
