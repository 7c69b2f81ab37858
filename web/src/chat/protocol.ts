/** The chat protocol, version 1, as docs/chat-protocol.md tells it. */

export const protocolVersion = 1;

/** Close codes after which connecting again by itself would be wrong. */
export const closeCode = {
  normal: 1000,
  versionUnsupported: 4002,
  idle: 4008,
  superseded: 4009,
} as const;

export interface SeenMark {
  turn: number;
  /** The last delta of that turn; absent when the turn is complete, -1 when no delta of it came. */
  index?: number;
}

export type ClientMessage =
  | { type: 'open'; version: number; token?: string; agent?: string; seen?: SeenMark }
  | { type: 'send'; id: string; text: string }
  | { type: 'typing' }
  | { type: 'ping' }
  | { type: 'close' };

export interface WireTurn {
  number: number;
  speaker: 'user' | 'agent';
  text: string;
  startedAt: string;
  endedAt: string;
  interrupted: boolean;
}

export interface Limits {
  maxTextLength: number;
  maxMessageBytes: number;
  messagesPerSecond: number;
  idleTimeoutSeconds: number;
}

export type ErrorCode =
  | 'malformed'
  | 'unknownType'
  | 'versionUnsupported'
  | 'tokenInvalid'
  | 'agentUnknown'
  | 'notOpen'
  | 'alreadyOpen'
  | 'textTooLong'
  | 'rateLimited'
  | 'tooManyPending'
  | 'unavailable';

export type ServerMessage =
  | {
      type: 'opened';
      version: number;
      token: string;
      agent: string;
      resumed: boolean;
      turns: WireTurn[];
      limits: Limits;
    }
  | { type: 'turns'; turns: WireTurn[] }
  | { type: 'accepted'; id: string; turn: number }
  | { type: 'typing'; active: boolean }
  | { type: 'turnStart'; turn: number; from: number; inReplyTo?: string; at: string }
  | { type: 'delta'; turn: number; index: number; text: string }
  | { type: 'turnEnd'; turn: number; text?: string; interrupted: boolean }
  | { type: 'ended'; cause?: string }
  | { type: 'pong' }
  | { type: 'error'; code: ErrorCode; message: string; id?: string; retryAfterMs?: number };

/** Reads a message of the platform; null for one that is not JSON. Unknown types are left to the reader to ignore. */
export function readServerMessage(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}
