using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// An object in a bucket as a stream that can be sought in: the request goes out with the first read, for the bytes from
/// there on, so that a range asked of us is a range asked of the bucket.
/// </summary>
internal sealed class S3ReadStream(IAmazonS3 client, string bucket, string name, long length) : Stream
{
    private GetObjectResponse? _response;
    private long _responseAt;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length || buffer.IsEmpty)
        {
            return 0;
        }
        if (_response is null || _responseAt != _position)
        {
            await RequestAsync(cancellationToken);
        }
        var read = await _response!.ResponseStream.ReadAsync(buffer, cancellationToken);
        _position += read;
        _responseAt = _position;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) =>
        _position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => length + offset,
        };

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A bucket is read asynchronously only.");

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async Task RequestAsync(CancellationToken cancellation)
    {
        _response?.Dispose();
        _response = null;
        try
        {
            _response = await client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = bucket,
                    Key = name,
                    ByteRange = new ByteRange(_position, length - 1),
                },
                cancellation
            );
            _responseAt = _position;
        }
        catch (AmazonServiceException e)
        {
            throw new IOException($"The bucket did not give {name}: {e.Message}", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _response?.Dispose();
        }
        base.Dispose(disposing);
    }
}
