/** 65 → "1:05"; 3700 → "1:01:40". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const s = String(whole % 60).padStart(2, '0');
  const m = Math.floor(whole / 60) % 60;
  const h = Math.floor(whole / 3600);
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`;
}

/** 12 → "12 ms"; 3200 → "3.2 s"; 125000 → "2:05". */
export function elapsed(ms: number): string {
  if (ms < 1_000) {
    return `${Math.round(ms)} ms`;
  }
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms / 1_000);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const timeOfDay = (iso: string): string => clock.format(new Date(iso));

export const dayAndTime = (iso: string): string => day.format(new Date(iso));

/** "inConversation" → "in conversation". */
export const words = (camel: string): string => camel.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);

/** The person or number in a SIP address: "Ann" <sip:ann@host> → Ann; sip:100@host → 100. */
export function caller(address: string): string {
  const name = /^\s*"?([^"<]*?)"?\s*</.exec(address)?.[1];
  if (name) {
    return name;
  }
  return /sips?:([^@>;]+)@/i.exec(address)?.[1] ?? address.replace(/[<>]/g, '');
}
