namespace OCPlatform.Media.Jitter;

/// <summary>
/// Which delays make sense for packets of one length and frames of another: those at which packets and frames begin
/// together as often as they can. Any other delay makes packets wait without letting later ones catch up.
/// </summary>
internal static class FrameAlignment
{
    // Alignment finer than a quarter of a frame is not worth its name.
    private const int LeastParts = 4;

    /// <summary>How much such delays differ: the greatest common divisor of both lengths.</summary>
    /// <param name="frame">In samples.</param>
    /// <param name="packet">In samples.</param>
    /// <param name="slack">How much before its end a frame may need another packet.</param>
    public static int Step(int frame, int packet, out int slack)
    {
        var (a, b) = (frame, packet);
        while (b > 0)
            (a, b) = (b, a % b);
        if (a < frame / LeastParts)
        {
            slack = frame;
            return frame / LeastParts;
        }

        slack = frame - a;
        return a;
    }
}
