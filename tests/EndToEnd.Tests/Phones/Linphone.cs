namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>linphonec from Debian, told what to do at its prompt, with a WAV file for a microphone and another for an ear.</summary>
internal sealed class Linphone : IPhone
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly DirectoryInfo _folder;
    private readonly PeerProcess _process;
    private readonly PhoneAccount _account;
    private int _established;
    private int _paused;

    private Linphone(DirectoryInfo folder, PeerProcess process, PhoneAccount account)
    {
        _folder = folder;
        _process = process;
        _account = account;
    }

    public string Name => "linphone";

    private string Recording => Path.Combine(_folder.FullName, "heard.wav");

    public static async Task<Linphone> StartAsync(PhoneAccount account)
    {
        var folder = Directory.CreateTempSubdirectory("linphone-");
        // It does not make the folders of its own databases.
        folder.CreateSubdirectory(".local/share/linphone");
        folder.CreateSubdirectory(".config/linphone");
        var tone = Path.Combine(folder.FullName, "tone.wav");
        TestTone.Write(tone);
        var settings = Path.Combine(folder.FullName, "linphonerc");
        await File.WriteAllTextAsync(settings, Settings(account));
        var process = PeerProcess.Start("linphonec", folder.FullName, "-c", settings);
        var phone = new Linphone(folder, process, account);
        await process.SayAsync("soundcard use files");
        await process.SayAsync($"play {tone}");
        await process.SayAsync($"record {phone.Recording}");
        await process.WaitForAsync("Using wav files", Patience);
        return phone;
    }

    public async Task CallAsync(string user)
    {
        await _process.SayAsync($"call {_account.UriOf(user)}");
        await _process.WaitForAsync("Media streams established", Patience, ++_established);
    }

    public async Task AnswerAsync()
    {
        await _process.WaitForAsync("Receiving new incoming call", Patience);
        await _process.SayAsync("answer");
        await _process.WaitForAsync("Media streams established", Patience, ++_established);
    }

    public Task HungUpByPeerAsync() => _process.WaitForAsync(" ended", Patience);

    public async Task HoldAsync()
    {
        await _process.SayAsync("pause");
        await _process.WaitForAsync("is now paused", Patience, ++_paused);
    }

    public async Task ResumeAsync()
    {
        await _process.SayAsync("resume");
        await _process.WaitForAsync("Media streams established", Patience, ++_established);
    }

    public async Task HangUpAsync()
    {
        await _process.SayAsync("terminate");
        await _process.WaitForAsync(" ended", Patience);
    }

    public Task PressAsync(char key) => _process.SayAsync(key.ToString());

    public async Task<string> RecordingAsync()
    {
        await _process.SayAsync("quit");
        await _process.WaitForAsync("Terminating", Patience);
        return Recording;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Settings(PhoneAccount account)
    {
        // Of the ports 0 is none and -1 any: it listens on the one transport that is tested.
        var settings = $"""
            [sip]
            sip_port={(account.Transport == "udp" ? -1 : 0)}
            sip_tcp_port={(account.Transport == "tcp" ? -1 : 0)}
            sip_tls_port={(account.Transport == "tls" ? -1 : 0)}
            default_proxy={(account.Registers ? 0 : -1)}
            guess_hostname=0
            contact=sip:{account.User}@127.0.0.1
            root_ca={account.CaFile}
            verify_server_certs={(account.CaFile is null ? 0 : 1)}
            [auth_info_0]
            username={account.User}
            passwd={account.Password}

            """;
        return account.Registers
            ? settings
                + $"""
                    [proxy_0]
                    reg_proxy=<sip:{account.Server};transport={account.Transport}>
                    reg_identity=sip:{account.User}@{account.Server.Split(':')[0]}
                    reg_expires=60
                    reg_sendregister=1

                    """
            : settings;
    }
}
