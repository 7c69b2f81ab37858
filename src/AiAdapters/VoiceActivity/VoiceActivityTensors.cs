using Microsoft.ML.OnnxRuntime;

namespace OCPlatform.AiAdapters.VoiceActivity;

/// <summary>The network's inputs and outputs, bound once, for one run at a time.</summary>
internal sealed class VoiceActivityTensors : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly float[] _input = new float[
        VoiceActivityDetector.ContextSamples + VoiceActivityDetector.FrameSamples
    ];
    private readonly float[] _state = new float[VoiceActivityDetector.StateLength];
    private readonly float[] _nextState = new float[VoiceActivityDetector.StateLength];
    private readonly float[] _output = new float[1];
    private readonly long[] _sampleRate = [8000];
    private readonly OrtValue _inputValue;
    private readonly OrtValue _stateValue;
    private readonly OrtValue _nextStateValue;
    private readonly OrtValue _outputValue;
    private readonly OrtValue _sampleRateValue;
    private readonly OrtIoBinding _binding;

    public VoiceActivityTensors(InferenceSession session)
    {
        _session = session;
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

    /// <summary>Runs one frame; moves a stream's context and state on.</summary>
    public float Run(ReadOnlySpan<short> frame, Span<float> context, Span<float> state)
    {
        context.CopyTo(_input);
        for (var i = 0; i < frame.Length; i++)
            _input[VoiceActivityDetector.ContextSamples + i] = frame[i] * (1f / 32768);
        state.CopyTo(_state);
        _session.RunWithBinding(_runOptions, _binding);
        _nextState.CopyTo(state);
        _input.AsSpan(frame.Length).CopyTo(context);
        return _output[0];
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
