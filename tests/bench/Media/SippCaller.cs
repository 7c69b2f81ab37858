using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace OCPlatform.Bench.Media;

/// <summary>
/// SIPp dials, holds and hangs up; its log tells the generator where each call's media goes. One run of N calls.
/// </summary>
internal sealed class SippCaller : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly FileStream _log;
    private readonly RtpGenerator _generator;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _held;

    private SippCaller(Process process, string folder, RtpGenerator generator)
    {
        _process = process;
        _folder = folder;
        _generator = generator;
        _log = new FileStream(
            Path.Combine(folder, "calls.log"),
            FileMode.OpenOrCreate,
            FileAccess.Read,
            FileShare.ReadWrite
        );
    }

    /// <summary>Calls that were answered so far.</summary>
    public int Answered { get; private set; }

    public static SippCaller Start(
        RtpGenerator generator,
        IPEndPoint platform,
        string service,
        int calls,
        int perSecond,
        TimeSpan hold,
        int core
    )
    {
        var folder = Directory.CreateTempSubdirectory("ocp-sipp-").FullName;
        File.WriteAllText(Path.Combine(folder, "call.xml"), Scenario(generator.Port));
        File.WriteAllText(Path.Combine(folder, "calls.log"), "");
        var start = new ProcessStartInfo(
            "sipp",
            [
                "-sf",
                "call.xml",
                "-s",
                service,
                "-i",
                "127.0.0.1",
                $"{platform}",
                "-r",
                $"{perSecond}",
                "-l",
                $"{calls}",
                "-m",
                $"{calls}",
                "-d",
                $"{(int)hold.TotalMilliseconds}",
                "-nostdin",
                "-trace_logs",
                "-log_file",
                "calls.log",
                "-trace_rtt",
                "-rtt_freq",
                "1",
                "-timeout",
                $"{(int)(calls / perSecond + hold.TotalSeconds + 40)}",
            ]
        )
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        if (OperatingSystem.IsLinux())
        {
            process.ProcessorAffinity = 1 << core;
        }
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new SippCaller(process, folder, generator);
    }

    /// <summary>Lets time pass, and hands calls that were answered meanwhile to the generator.</summary>
    public async Task WaitAsync(TimeSpan time)
    {
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < time)
        {
            ReadLog();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Until every call has ended; returns the failed ones and INVITE→200 in ms, sorted.</summary>
    public async Task<(int Failed, List<double> AnsweredMs)> FinishAsync()
    {
        await _process.WaitForExitAsync();
        var times = Directory
            .GetFiles(_folder, "*rtt*.csv")
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(';'))
            .Where(cells => cells.Length > 1)
            .Select(cells => double.TryParse(cells[1], CultureInfo.InvariantCulture, out var ms) ? ms : -1)
            .Where(ms => ms >= 0)
            .Order()
            .ToList();
        // 0: all calls succeeded; 1: at least one failed.
        return (_process.ExitCode == 0 ? 0 : Math.Max(1, Answered - times.Count), times);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
        await _log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private void ReadLog()
    {
        var count = _log.Read(_buffer, _held, _buffer.Length - _held) + _held;
        var text = _buffer.AsSpan(0, count);
        while (text.IndexOf((byte)'\n') is var end and >= 0)
        {
            var line = text[..end];
            if (line.IndexOf("port "u8) is var at and >= 0 && int.TryParse(line[(at + 5)..], out var port))
            {
                _generator.Add(port);
                Answered++;
            }
            text = text[(end + 1)..];
        }
        text.CopyTo(_buffer);
        _held = text.Length;
    }

    private static string Scenario(int rtpPort) =>
        $"""
            <?xml version="1.0" encoding="ISO-8859-1" ?>
            <scenario name="call">
            <send retrans="500" start_rtd="1"><![CDATA[

            INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
            From: <sip:bench@[local_ip]:[local_port]>;tag=[pid]-[call_number]
            To: <sip:[service]@[remote_ip]:[remote_port]>
            Call-ID: [call_id]
            CSeq: 1 INVITE
            Contact: <sip:bench@[local_ip]:[local_port]>
            Max-Forwards: 70
            Content-Type: application/sdp
            Content-Length: [len]

            v=0
            o=bench 1 1 IN IP4 127.0.0.1
            s=-
            c=IN IP4 127.0.0.1
            t=0 0
            m=audio {rtpPort} RTP/AVP 0
            a=ptime:20
            ]]></send>
            <recv response="100" optional="true"/>
            <recv response="180" optional="true"/>
            <recv response="200" rtd="1" rrs="true">
              <action>
                <ereg regexp="m=audio ([0-9]+) " search_in="body" check_it="true" assign_to="all,port"/>
                <log message="port [$port]"/>
              </action>
            </recv>
            <Reference variables="all"/>
            <send><![CDATA[

            ACK [next_url] SIP/2.0
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
            From: <sip:bench@[local_ip]:[local_port]>;tag=[pid]-[call_number]
            To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
            Call-ID: [call_id]
            CSeq: 1 ACK
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>
            <pause/>
            <send retrans="500"><![CDATA[

            BYE [next_url] SIP/2.0
            Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
            From: <sip:bench@[local_ip]:[local_port]>;tag=[pid]-[call_number]
            To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
            Call-ID: [call_id]
            CSeq: 2 BYE
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>
            <recv response="200"/>
            </scenario>
            """;
}
