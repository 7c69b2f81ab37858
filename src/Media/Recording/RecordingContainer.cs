namespace OCPlatform.Media.Recording;

/// <summary>The file format of one recording, as the writer's thread sees it. Positions are instants from the start.</summary>
internal abstract class RecordingContainer(IRecordingFile file) : IDisposable
{
    protected IRecordingFile File { get; } = file;

    /// <summary>Bytes of the file so far.</summary>
    public abstract long Bytes { get; }

    /// <summary>Writes a block; between the last one's end and its position there is silence.</summary>
    /// <exception cref="IOException">
    /// Some or all of it is not in the file. With the next block that the file takes, silence of the same length stands for
    /// what is missing.
    /// </exception>
    public abstract void Write(long position, ReadOnlySpan<byte> block);

    /// <summary>Completes the file, which ends at <paramref name="position"/>.</summary>
    /// <exception cref="IOException">The end is missing.</exception>
    public abstract void End(long position);

    public virtual void Dispose() => File.Dispose();

    public static RecordingContainer Create(RecordingFormat format, int sampleRateHz, IRecordingFile file) =>
        format == RecordingFormat.OggOpus
            ? new OggOpusFile(file, sampleRateHz)
            : new WavRecordingFile(file, format, sampleRateHz);
}
