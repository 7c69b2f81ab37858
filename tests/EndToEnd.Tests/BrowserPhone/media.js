// A call's audio in the page: a tone for a microphone, so that no device is needed, and an ear that tells what it heard.

// How often the ear listens, ms: an agent's shortest word lasts longer.
const LISTEN_MS = 50;

// Louder than comfort noise (70 dB below full scale), softer than anything that is played.
const AUDIBLE_RMS = 0.003;

const context = () => (window.phoneAudio ??= new AudioContext());

// A stream with a tone of this frequency, about 14 dB below full scale; 0 Hz: silence.
export function microphone(toneHz) {
  const audio = context();
  const tone = new OscillatorNode(audio, { frequency: toneHz });
  const level = new GainNode(audio, { gain: toneHz > 0 ? 0.2 : 0 });
  const out = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
  tone.connect(level).connect(out);
  tone.start();
  return out.stream;
}

// Listens to a remote track until it ends.
export class Ear {
  loudestRms = 0;
  audibleMs = 0;
  // Milliseconds of audible sound by its strongest frequency, rounded to 20 Hz.
  tones = {};

  constructor(track) {
    const audio = context();
    const stream = new MediaStream([track]);
    // Chromium gives a remote track's sound to Web Audio only while an element plays it.
    const player = new Audio();
    player.srcObject = stream;
    player.muted = true;
    player.play();
    this.analyser = new AnalyserNode(audio, { fftSize: 4096, smoothingTimeConstant: 0 });
    audio.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(1024);
    this.spectrum = new Float32Array(this.analyser.frequencyBinCount);
    const timer = setInterval(() => this.listen(), LISTEN_MS);
    track.addEventListener("ended", () => clearInterval(timer));
    this.player = player;
  }

  listen() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const rms = Math.sqrt(this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length);
    this.loudestRms = Math.max(this.loudestRms, rms);
    if (rms < AUDIBLE_RMS) return;
    this.audibleMs += LISTEN_MS;
    this.analyser.getFloatFrequencyData(this.spectrum);
    const peak = this.spectrum.reduce((best, level, bin) => (level > this.spectrum[best] ? bin : best), 0);
    const hz = (peak * this.analyser.context.sampleRate) / this.analyser.fftSize;
    const tone = Math.round(hz / 20) * 20;
    this.tones[tone] = (this.tones[tone] ?? 0) + LISTEN_MS;
  }

  heard() {
    const [toneHz] = Object.entries(this.tones).sort((a, b) => b[1] - a[1])[0] ?? [0];
    return { loudestRms: this.loudestRms, audibleMs: this.audibleMs, toneHz: Number(toneHz) };
  }
}

// What the browser itself counts (W3C webrtc-stats), in one flat object.
export async function statistics(connection) {
  const all = [...(await connection.getStats()).values()];
  const of = (type) => all.find((report) => report.type === type) ?? {};
  const inbound = of("inbound-rtp");
  const transport = of("transport");
  return {
    state: connection.connectionState,
    codec: all.find((report) => report.id === inbound.codecId)?.mimeType ?? "",
    packetsSent: of("outbound-rtp").packetsSent ?? 0,
    packetsReceived: inbound.packetsReceived ?? 0,
    packetsLost: inbound.packetsLost ?? 0,
    jitterMs: (inbound.jitter ?? 0) * 1000,
    concealedSamples: inbound.concealedSamples ?? 0,
    roundTripMs: (of("remote-inbound-rtp").roundTripTime ?? 0) * 1000,
    dtlsCipher: transport.dtlsCipher ?? "",
    srtpCipher: transport.srtpCipher ?? "",
  };
}

// An offer of one codec (and telephone-event) only: the browser offers all it has. "" leaves the offer as it is.
export function withCodec(sdp, codec) {
  if (codec === "") return sdp;
  const names = new Map([...sdp.matchAll(/^a=rtpmap:(\d+) ([^/\r]+)/gm)].map(([, type, name]) => [type, name]));
  const wanted = (type) => [codec.toLowerCase(), "telephone-event"].includes(names.get(type)?.toLowerCase());
  return sdp
    .replace(/^(m=audio \d+ \S+) (.*)$/m, (_, head, types) => `${head} ${types.trim().split(" ").filter(wanted).join(" ")}`)
    .replace(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) .*\r\n/gm, (line, type) => (wanted(type) ? line : ""));
}
