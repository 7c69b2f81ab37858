using System.Net;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using OCPlatform.Media.Recording;

namespace OCPlatform.CallActors.Recording;

/// <summary>
/// Recordings go to a bucket. They are kept in the folder first, and <see cref="RecordingUploads"/> brings them over: the
/// call's end waits for no network, and nothing is deleted here before the bucket has confirmed the checksum.
/// </summary>
public sealed class S3RecordingStore : IRecordingStore, IDisposable
{
    private readonly RecordingS3Options _options;
    private readonly FileRecordingStore _files;
    private readonly RecordingFolder _folder;
    private readonly Lazy<AmazonS3Client> _client;

    public S3RecordingStore(RecordingS3Options options, RecordingFolder folder)
    {
        (_options, _folder, _files) = (options, folder, new FileRecordingStore(folder));
        _client = new(Connect);
    }

    public RecordingState StateWhenKept => RecordingState.Waiting;

    public string UriOf(string key) => $"s3://{_options.Bucket}/{_options.Prefix}{key}";

    public Task KeepAsync(RecordingEntry entry, string path, CancellationToken cancellation) =>
        _files.KeepAsync(entry, path, cancellation);

    public Task<Stream?> OpenAsync(RecordingEntry entry, CancellationToken cancellation) =>
        entry.State == RecordingState.Uploaded
            ? Task.FromResult<Stream?>(new S3ReadStream(_client.Value, _options.Bucket, NameOf(entry), entry.Bytes))
            : _files.OpenAsync(entry, cancellation);

    public async Task DeleteAsync(RecordingEntry entry, CancellationToken cancellation)
    {
        if (entry.Place == _folder.Place)
        {
            await _files.DeleteAsync(entry, cancellation);
        }
        else if (entry.State != RecordingState.Uploaded)
        {
            throw new IOException($"Recording {entry.Id} lies in the folder of node {entry.Node}.");
        }
        try
        {
            // Also of what is not known to be there: an upload may have got so far. S3 answers 204 also when there is no such object.
            await _client.Value.DeleteObjectAsync(_options.Bucket, NameOf(entry), cancellation);
        }
        catch (AmazonServiceException e)
        {
            throw new IOException($"The bucket did not delete {entry.Uri}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Uploads the local copy; returns when the bucket has confirmed that its bytes have the recording's SHA-256.
    /// </summary>
    /// <exception cref="IOException">It is not there, or not confirmed; trying again may help.</exception>
    public async Task UploadAsync(RecordingEntry entry, CancellationToken cancellation)
    {
        var checksum = Convert.ToBase64String(Convert.FromHexString(entry.Sha256));
        try
        {
            var answer = await _client.Value.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = _options.Bucket,
                    Key = NameOf(entry),
                    FilePath = _folder.PathOf(entry.Key),
                    ContentType = entry.Format.ContentType(),
                    ChecksumSHA256 = checksum,
                    // A body in one piece is understood by every server that claims the protocol.
                    UseChunkEncoding = false,
                    Metadata = { ["call-id"] = entry.CallId.Value, ["sha256"] = entry.Sha256 },
                },
                cancellation
            );
            if (answer.ChecksumSHA256 is { Length: > 0 } confirmed && confirmed != checksum)
            {
                throw new IOException($"The bucket holds other bytes of {entry.Uri}: its SHA-256 is {confirmed}.");
            }
        }
        catch (Exception e) when (e is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw new IOException($"The bucket did not take {entry.Uri}: {e.Message}", e);
        }
        if (await LengthInBucketAsync(entry, cancellation) != entry.Bytes)
        {
            throw new IOException($"The bucket confirmed {entry.Uri}, and does not have all of it.");
        }
    }

    /// <summary>After a confirmed upload the local copy goes.</summary>
    public Task DeleteLocalAsync(RecordingEntry entry, CancellationToken cancellation) =>
        _files.DeleteAsync(entry, cancellation);

    private async Task<long?> LengthInBucketAsync(RecordingEntry entry, CancellationToken cancellation)
    {
        try
        {
            var found = await _client.Value.GetObjectMetadataAsync(_options.Bucket, NameOf(entry), cancellation);
            return found.ContentLength;
        }
        catch (AmazonServiceException e) when (e.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (AmazonServiceException e)
        {
            throw new IOException($"The bucket does not tell of {entry.Uri}: {e.Message}", e);
        }
    }

    private string NameOf(RecordingEntry entry) => _options.Prefix + entry.Key;

    private AmazonS3Client Connect()
    {
        var config = new AmazonS3Config
        {
            // Attempts, pauses and the deadline are ours: they outlive the process.
            MaxErrorRetry = 0,
            Timeout = TimeSpan.FromSeconds(_options.AttemptSeconds),
            ForcePathStyle = _options.PathStyle,
            // Servers other than Amazon's do not all know the newer checksums that the SDK would add by itself.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (_options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = _options.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(_options.Region);
        }
        return _options.AccessKeyId.Length > 0
            ? new AmazonS3Client(new BasicAWSCredentials(_options.AccessKeyId, _options.AccessKeySecret), config)
            : new AmazonS3Client(config);
    }

    public void Dispose()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }
    }
}
