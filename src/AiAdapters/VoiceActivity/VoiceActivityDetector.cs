using Microsoft.ML.OnnxRuntime;

namespace OCPlatform.AiAdapters.VoiceActivity;

/// <summary>
/// Tells speech from everything else in 32 ms frames of 8 kHz audio (Silero v6). One per call, for one thread at a time;
/// its tensors are bound once, so that a frame allocates nothing on the managed heap.
/// </summary>
public sealed class VoiceActivityDetector : IDisposable
{
    /// <summary>Samples in a frame: 32 ms at 8 kHz.</summary>
    public const int FrameSamples = 256;

    // The network wants the end of the previous frame in front.
    private const int ContextSamples = 32;
    private const int StateLength = 2 * 128;

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly float[] _input = new float[ContextSamples + FrameSamples];
    private readonly float[] _state = new float[StateLength];
    private readonly float[] _nextState = new float[StateLength];
    private readonly float[] _output = new float[1];
    private readonly long[] _sampleRate = [8000];
    private readonly OrtValue _inputValue;
    private readonly OrtValue _stateValue;
    private readonly OrtValue _nextStateValue;
    private readonly OrtValue _outputValue;
    private readonly OrtValue _sampleRateValue;
    private readonly OrtIoBinding _binding;

    internal VoiceActivityDetector(VoiceActivityModel model)
    {
        _session = model.Session;
        _inputValue = OrtValue.CreateTensorValueFromMemory(_input, [1, _input.Length]);
        _stateValue = OrtValue.CreateTensorValueFromMemory(_state, [2, 1, 128]);
        _nextStateValue = OrtValue.CreateTensorValueFromMemory(_nextState, [2, 1, 128]);
        _outputValue = OrtValue.CreateTensorValueFromMemory(_output, [1, 1]);
        _sampleRateValue = OrtValue.CreateTensorValueFromMemory(_sampleRate, []);
        _binding = _session.CreateIoBinding();
        _binding.BindInput("input", _inputValue);
        _binding.BindInput("state", _stateValue);
        _binding.BindInput("sr", _sampleRateValue);
        _binding.BindOutput("output", _outputValue);
        _binding.BindOutput("stateN", _nextStateValue);
    }

    /// <param name="pcm8k">Exactly <see cref="FrameSamples"/> samples at 8 kHz.</param>
    /// <returns>0…1, how likely the frame is speech; 0.5 is the usual threshold.</returns>
    public float Process(ReadOnlySpan<short> pcm8k)
    {
        if (pcm8k.Length != FrameSamples)
            throw new ArgumentException($"A frame has {FrameSamples} samples.", nameof(pcm8k));
        for (var i = 0; i < FrameSamples; i++)
            _input[ContextSamples + i] = pcm8k[i] * (1f / 32768);
        _session.RunWithBinding(_runOptions, _binding);
        _nextState.CopyTo(_state, 0);
        _input.AsSpan(FrameSamples, ContextSamples).CopyTo(_input);
        return _output[0];
    }

    /// <summary>Forgets the past, as at the start of a call.</summary>
    public void Reset()
    {
        Array.Clear(_state);
        Array.Clear(_input);
    }

    public void Dispose()
    {
        _binding.Dispose();
        _inputValue.Dispose();
        _stateValue.Dispose();
        _nextStateValue.Dispose();
        _outputValue.Dispose();
        _sampleRateValue.Dispose();
        _runOptions.Dispose();
    }
}
