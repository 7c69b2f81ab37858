using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace OCPlatform.CallActors.Voice;

/// <summary>
/// The threads on which calls listen and speak: each wakes every 10 ms and lets its calls do what is due. Work on a call
/// stays on one thread, so a call needs no locks; voice activity detection runs here and not on the media clock.
/// </summary>
public sealed class SpeechPump : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly Worker[] _workers;
    private int _next;

    /// <param name="threads">How many; 0 for one per core.</param>
    public SpeechPump(int threads)
    {
        var count = threads > 0 ? threads : Environment.ProcessorCount;
        _workers = [.. Enumerable.Range(0, count).Select(i => new Worker(i))];
    }

    /// <summary>Starts serving the call; dispose the result to stop. The pump then disposes the voice, on its own thread.</summary>
    public IDisposable Add(CallVoice voice)
    {
        var worker = _workers[(uint)Interlocked.Increment(ref _next) % (uint)_workers.Length];
        worker.Add(voice);
        return new Registration(worker, voice);
    }

    public void Dispose()
    {
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }
    }

    private sealed class Registration(Worker worker, CallVoice voice) : IDisposable
    {
        public void Dispose() => worker.Remove(voice);
    }

    private sealed class Worker : IDisposable
    {
        private readonly ManualResetEventSlim _stop = new();
        private readonly ConcurrentQueue<CallVoice> _leaving = new();
        private readonly Thread _thread;
        private ImmutableArray<CallVoice> _voices = [];

        public Worker(int index)
        {
            _thread = new Thread(Run) { Name = $"speech-pump-{index}", IsBackground = true };
            _thread.Start();
        }

        public void Add(CallVoice voice) => ImmutableInterlocked.Update(ref _voices, (v, added) => v.Add(added), voice);

        public void Remove(CallVoice voice)
        {
            ImmutableInterlocked.Update(ref _voices, (v, removed) => v.Remove(removed), voice);
            _leaving.Enqueue(voice);
        }

        private void Run()
        {
            while (!_stop.Wait(Interval))
            {
                foreach (var voice in _voices)
                {
                    try
                    {
                        voice.Process();
                    }
                    catch (Exception e)
                    {
                        // It costs this call and no other; the actor ends it.
                        ImmutableInterlocked.Update(ref _voices, (v, failed) => v.Remove(failed), voice);
                        voice.ReportFailure(e);
                    }
                }
                while (_leaving.TryDequeue(out var voice))
                {
                    voice.Dispose();
                }
            }
        }

        public void Dispose()
        {
            _stop.Set();
            _thread.Join(TimeSpan.FromSeconds(1));
            _stop.Dispose();
        }
    }
}
