using System.Security.Cryptography;
using System.Text;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>A recording that can be listened to.</summary>
/// <param name="Tag">Changes when the bytes do.</param>
public sealed record PlayableRecording(Stream Audio, RecordingFormat Format, string Tag);

/// <summary>Makes one stream of a recording's parts.</summary>
public sealed class RecordingPlayback(IRecordingStore store)
{
    /// <summary>Opens parts of one recording, in order, as one file; gaps between them are silence.</summary>
    /// <exception cref="RecordingException">They cannot be played as one, or one is out of reach; the message names the cause.</exception>
    public async Task<PlayableRecording> OpenAsync(IReadOnlyList<RecordingEntry> parts, CancellationToken cancellation)
    {
        var first = parts[0];
        if (parts.Count == 1)
        {
            return new PlayableRecording(await OpenPartAsync(first, cancellation), first.Format, first.Sha256);
        }
        if (
            first.Format == RecordingFormat.OggOpus
            || parts.Any(part => part.Format != first.Format || part.SampleRateHz != first.SampleRateHz)
        )
        {
            throw new RecordingException(
                $"Recording {first.Recording} has {parts.Count} parts that are no single WAV file: ask for each with part=1 and so on."
            );
        }
        var opened = new List<WavPart>();
        try
        {
            foreach (var part in parts)
            {
                var from = (part.OffsetMs - first.OffsetMs) * first.SampleRateHz / 1000;
                opened.Add(new WavPart(await OpenPartAsync(part, cancellation), from));
            }
            var tags = string.Concat(parts.Select(part => $"{part.Sha256}@{part.OffsetMs} "));
            var tag = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(tags)));
            return new PlayableRecording(new JoinedWav(first.Format, first.SampleRateHz, opened), first.Format, tag);
        }
        catch
        {
            opened.ForEach(part => part.File.Dispose());
            throw;
        }
    }

    private async Task<Stream> OpenPartAsync(RecordingEntry part, CancellationToken cancellation) =>
        await store.OpenAsync(part, cancellation)
        ?? throw new RecordingException(
            $"Recording {part.Id} is not in this node's reach; node {part.Node} made it.",
            new FileNotFoundException()
        );
}
