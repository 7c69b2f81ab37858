using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using OCPlatform.Sip.Transports;

namespace OCPlatform.Sip.Tests.Transports;

public sealed class TlsIdentityTests : IDisposable
{
    private static readonly PbeParameters Encryption = new(
        PbeEncryptionAlgorithm.Aes256Cbc,
        HashAlgorithmName.SHA256,
        1_000
    );

    private readonly string _folder = Directory.CreateTempSubdirectory("sip-tls").FullName;
    private readonly X509Certificate2 _certificate = new TestCertificates().Issue(["sip.example.com"]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_certificate_and_key_in_two_PEM_files() =>
        ShouldBeIt(TlsIdentity.Load(Write("c.pem", Certificate), Write("k.pem", Key)));

    [Fact]
    public void Both_in_one_PEM_file() => ShouldBeIt(TlsIdentity.Load(Write("both.pem", Certificate + "\n" + Key)));

    [Fact]
    public void A_key_with_a_password() =>
        ShouldBeIt(TlsIdentity.Load(Write("c.pem", Certificate), Write("k.pem", EncryptedKey("secret")), "secret"));

    [Fact]
    public void A_PFX_with_a_password()
    {
        var file = Path.Combine(_folder, "c.pfx");
        File.WriteAllBytes(file, _certificate.Export(X509ContentType.Pfx, "secret"));
        ShouldBeIt(TlsIdentity.Load(file, password: "secret"));
        var wrong = () => TlsIdentity.Load(file, password: "guess");
        wrong.Should().Throw<CryptographicException>();
    }

    [Fact]
    public void What_is_no_certificate_is_refused()
    {
        var load = () => TlsIdentity.Load(Write("c.pem", "nothing"));
        load.Should().Throw<CryptographicException>();
        var roots = () => TlsIdentity.LoadRoots(Write("roots.pem", "nothing"));
        roots.Should().Throw<CryptographicException>().WithMessage("*holds no certificate*");
        var absent = () => TlsIdentity.Load(Path.Combine(_folder, "absent.pem"));
        absent.Should().Throw<IOException>();
    }

    [Fact]
    public void Renewed_files_are_read_within_a_minute_and_broken_ones_change_nothing()
    {
        var time = new FakeTimeProvider();
        var file = Write("both.pem", Certificate + "\n" + Key);
        var identity = TlsIdentity.Load(file, time: time);
        var first = identity.CurrentContext();

        File.WriteAllText(file, Certificate);
        time.Advance(TimeSpan.FromMinutes(2));
        identity.CurrentContext().Should().BeSameAs(first, "the key has not been written yet");

        var renewed = new TestCertificates().Issue(["new.example.com"]);
        File.WriteAllText(
            file,
            $"{renewed.ExportCertificatePem()}\n{renewed.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()}"
        );
        identity.CurrentContext().Should().BeSameAs(first, "it was looked at just now");
        time.Advance(TimeSpan.FromMinutes(2));
        identity.CurrentContext().Should().NotBeSameAs(first);
        identity.Names.Should().Equal("new.example.com");
    }

    private string Certificate => _certificate.ExportCertificatePem();

    private string Key => _certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    private string EncryptedKey(string password) =>
        _certificate.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(password, Encryption);

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private static void ShouldBeIt(TlsIdentity identity)
    {
        identity.Certificate.HasPrivateKey.Should().BeTrue();
        identity.Names.Should().Equal("sip.example.com");
    }
}
