using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace OCPlatform.Media.Srtp;

/// <summary>
/// Counter mode by the base class library, for processors whose AES instructions we do not use: counter blocks are encrypted
/// by ECB, several at once, since each call costs more than the work in it.
/// </summary>
internal sealed class AesCounterPortable : AesCounter
{
    private const int ChunkBytes = 12 * BlockBytes;

    private readonly ICryptoTransform _ecb;
    private readonly byte[] _counters = new byte[ChunkBytes];
    private readonly byte[] _keyStream = new byte[ChunkBytes];

    public AesCounterPortable(ReadOnlySpan<byte> key)
    {
        using var aes = Aes.Create();
        aes.Mode = CipherMode.ECB;
        aes.Padding = PaddingMode.None;
        aes.SetKey(key);
        _ecb = aes.CreateEncryptor();
    }

    public override void Apply(Vector128<byte> firstBlock, Span<byte> data)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        firstBlock.CopyTo(block);
        var counter = BinaryPrimitives.ReadUInt32BigEndian(block[12..]);
        while (!data.IsEmpty)
        {
            var take = Math.Min(data.Length, ChunkBytes);
            var blocks = (take + BlockBytes - 1) / BlockBytes;
            for (var i = 0; i < blocks; i++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(block[12..], counter++);
                block.CopyTo(_counters.AsSpan(i * BlockBytes));
            }
            _ecb.TransformBlock(_counters, 0, blocks * BlockBytes, _keyStream, 0);
            TensorPrimitives.Xor(data[..take], _keyStream.AsSpan(0, take), data[..take]);
            data = data[take..];
        }
    }

    public override void Dispose()
    {
        _ecb.Dispose();
        CryptographicOperations.ZeroMemory(_keyStream);
    }
}
