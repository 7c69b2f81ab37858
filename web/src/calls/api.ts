/** The calls as `GET /api/calls` tells them; absent fields are null on the platform's side. */

export interface CallTurn {
  speaker: 'user' | 'agent';
  text: string;
  startedAt: string;
  endedAt: string;
  latencyMs?: number;
  interrupted: boolean;
}

export interface SipRung {
  at: string;
  incoming: boolean;
  startLine: string;
  cSeq: string;
}

export interface CallRecord {
  id: string;
  state: 'received' | 'ringing' | 'answered' | 'inConversation' | 'ended';
  direction: 'inbound' | 'outbound';
  from: string;
  to: string;
  trunk: string;
  node: string;
  remoteAddress: string;
  codec?: string;
  encryption?: string;
  onHold: boolean;
  receivedAt: string;
  answeredAt?: string;
  endedAt?: string;
  endCause?: { by: string; reason: string; sipStatus?: number; detail?: string };
  quality?: {
    packetsReceived: number;
    packetsSent: number;
    packetsLost: number;
    packetsLate: number;
    jitterMs: number;
    concealedMs: number;
  };
  turns: CallTurn[];
  ladder: SipRung[];
  digits: string;
}

export interface SipStatus {
  node: string;
  bound: boolean;
  local?: string;
  liveCalls: number;
  maxCalls: number;
  trunks: string[];
}

/** The platform wants a key from callers beyond its own machine. */
export class KeyNeeded extends Error {}

const requestTimeoutMs = 8_000;

/** GETs JSON of the platform's API. */
export async function get<T>(path: string, apiKey: string | null): Promise<T> {
  const response = await fetch(path, {
    headers: apiKey === null ? {} : { 'X-Api-Key': apiKey },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  if (response.status === 401 || response.status === 403) {
    throw new KeyNeeded(await detailOf(response));
  }
  if (!response.ok) {
    throw new Error(await detailOf(response));
  }
  return (await response.json()) as T;
}

async function detailOf(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => null)) as { detail?: string } | null;
  return problem?.detail ?? `The platform answered ${response.status}.`;
}
