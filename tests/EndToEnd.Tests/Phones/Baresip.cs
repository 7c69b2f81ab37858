using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OCPlatform.EndToEnd.Tests.Phones;

/// <summary>baresip from Debian, remote-controlled over its ctrl_tcp module, with a tone for a microphone and a WAV file for an ear.</summary>
internal sealed class Baresip : IPhone
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly DirectoryInfo _folder;
    private readonly PeerProcess _process;
    private readonly PhoneAccount _account;
    private readonly TcpClient _control;
    private readonly StringBuilder _events = new();
    private int _seen;

    private Baresip(DirectoryInfo folder, PeerProcess process, PhoneAccount account, TcpClient control)
    {
        _folder = folder;
        _process = process;
        _account = account;
        _control = control;
    }

    public string Name => "baresip";

    public static async Task<Baresip> StartAsync(PhoneAccount account)
    {
        var folder = Directory.CreateTempSubdirectory("baresip-");
        var controlPort = FreePorts.Take();
        WriteFiles(folder.FullName, account, controlPort);
        var process = PeerProcess.Start("baresip", folder.FullName, "-f", folder.FullName, "-4", "-v");
        await process.WaitForAsync("baresip is ready", Patience);
        var control = new TcpClient();
        await control.ConnectAsync(IPAddress.Loopback, controlPort);
        return new Baresip(folder, process, account, control);
    }

    public async Task CallAsync(string user)
    {
        await CommandAsync("dial", _account.UriOf(user));
        await EventAsync("CALL_ESTABLISHED");
    }

    public async Task AnswerAsync()
    {
        await EventAsync("CALL_INCOMING");
        await CommandAsync("accept");
        await EventAsync("CALL_ESTABLISHED");
    }

    public Task HungUpByPeerAsync() => EventAsync("CALL_CLOSED");

    public async Task HoldAsync()
    {
        await CommandAsync("hold");
        await EventAsync("CALL_REMOTE_SDP");
    }

    public async Task ResumeAsync()
    {
        await CommandAsync("resume");
        await EventAsync("CALL_REMOTE_SDP");
    }

    public async Task HangUpAsync()
    {
        await CommandAsync("hangup");
        await EventAsync("CALL_CLOSED");
    }

    public Task PressAsync(char key) => CommandAsync("sndcode", key.ToString());

    public async Task<string> RecordingAsync()
    {
        await CommandAsync("quit");
        await EventAsync("EXIT");
        return Directory.GetFiles(_folder.FullName, "dump-*-dec.wav").Single();
    }

    public async ValueTask DisposeAsync()
    {
        _control.Dispose();
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static void WriteFiles(string folder, PhoneAccount account, int controlPort)
    {
        var tone = Path.Combine(folder, "tone.wav");
        TestTone.Write(tone, account.Media.SampleRateHz, account.Media.Channels);
        File.WriteAllText(
            Path.Combine(folder, "accounts"),
            $"<sip:{account.User}@{account.Server};transport={account.Transport}>;auth_pass={account.Password};regint={(account.Registers ? 60 : 0)}{MediaOf(account.Media)}\n"
        );
        File.WriteAllText(
            Path.Combine(folder, "config"),
            $"""
            sip_listen 127.0.0.1:0
            {(account.CaFile is null ? "" : $"sip_cafile {account.CaFile}")}
            ctrl_tcp_listen 127.0.0.1:{controlPort}
            audio_player aubridge,ear
            audio_source aufile,{tone}
            module_path /usr/lib/baresip/modules
            module {account.Media.Module}.so
            {(account.Media.Encryption.Length > 0 ? "module srtp.so\nmodule dtls_srtp.so" : "")}
            {(account.Media.Ice ? "module ice.so" : "")}
            {(account.Media.Mux ? "rtcp_mux yes" : "")}
            module aufile.so
            module aubridge.so
            module sndfile.so
            module_tmp account.so
            module_app menu.so
            module_app ctrl_tcp.so
            snd_path {folder}

            """
        );
    }

    private static string MediaOf(PhoneMedia media) =>
        $";audio_codecs={media.Codec}"
        + (media.Encryption.Length > 0 ? $";mediaenc={media.Encryption}" : "")
        + (media.Ice ? ";medianat=ice" : "")
        + (media.Mux ? ";rtcp_mux=yes" : "");

    // ctrl_tcp frames its JSON as netstrings: LENGTH:TEXT,
    private async Task CommandAsync(string command, string parameters = "")
    {
        var json = JsonSerializer.Serialize(new { command, @params = parameters });
        await _control.GetStream().WriteAsync(Encoding.UTF8.GetBytes($"{Encoding.UTF8.GetByteCount(json)}:{json},"));
    }

    /// <summary>Waits for the next event of a type, after those already waited for.</summary>
    private async Task EventAsync(string type)
    {
        var wanted = $"\"type\":\"{type}\"";
        using var deadline = new CancellationTokenSource(Patience);
        var buffer = new byte[16_384];
        int at;
        while ((at = _events.ToString().IndexOf(wanted, _seen, StringComparison.Ordinal)) < 0)
        {
            var read = 0;
            try
            {
                read = await _control.GetStream().ReadAsync(buffer, deadline.Token);
            }
            catch (OperationCanceledException)
            {
                // Told below.
            }
            if (read == 0)
            {
                throw new TimeoutException(
                    $"baresip told no {type}. Its events:\n{_events}\nIts output:\n{_process.Output}"
                );
            }
            _events.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        _seen = at + wanted.Length;
    }
}
