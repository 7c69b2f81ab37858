using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OCPlatform.Media.Engine;

/// <summary>
/// Asks the processor for an object's memory ahead of its use. A clock comes back to a session after 20 ms, when thousands
/// of others have pushed it out of the cache; while the kernel handles one session's packets, the next one's lines arrive.
/// A hint: what an address holds, or whether it still holds it, does not matter.
/// </summary>
internal static unsafe class CacheLines
{
    private const int LineBytes = 64;

    /// <param name="lines">Of 64 bytes, from the object's first field on.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ask(object thing, int lines)
    {
        if (Sse.IsSupported)
            Ask(ref Unsafe.As<Header>(thing).First, lines);
    }

    /// <summary>From one of the array's elements on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Ask<T>(T[] array, int index, int lines)
    {
        if (Sse.IsSupported)
        {
            ref var first = ref MemoryMarshal.GetArrayDataReference(array);
            Ask(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref first, index)), lines);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Ask(ref byte first, int lines)
    {
        var address = (byte*)Unsafe.AsPointer(ref first);
        for (var i = 0; i < lines; i++)
            Sse.Prefetch0(address + i * LineBytes);
    }

    /// <summary>Any object, for the address of its first field.</summary>
    private sealed class Header
    {
        public byte First;
    }
}
