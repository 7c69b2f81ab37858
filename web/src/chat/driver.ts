import { readServerMessage, type ClientMessage } from './protocol';
import { initialState, step, type ChatEffect, type ChatInput, type ChatState } from './session';

const tokenKey = 'ocp.chat.token';

/** A connection that says nothing is asked; one that then stays silent is dead, whatever the socket says. */
const askAfterMs = 20_000;
const deadAfterMs = 30_000;

/** Lends the pure session a socket, timers and the tab's storage. A store for React's useSyncExternalStore. */
export class ChatDriver {
  private state: ChatState;
  private socket: WebSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private lastHeard = 0;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly url: string) {
    this.state = initialState(sessionStorage.getItem(tokenKey));
    window.addEventListener('online', () => {
      this.dispatch({ type: 'retryDue' });
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') {
        this.dispatch({ type: 'retryDue' });
      }
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): ChatState => this.state;

  readonly dispatch = (input: ChatInput): void => {
    const [next, effects] = step(this.state, input);
    this.state = next;
    effects.forEach((effect) => {
      this.perform(effect);
    });
    this.listeners.forEach((listener) => {
      listener();
    });
  };

  private perform(effect: ChatEffect): void {
    switch (effect.type) {
      case 'connect':
        this.connect();
        break;
      case 'transmit':
        this.transmit(effect.message);
        break;
      case 'retryIn':
        clearTimeout(this.retry);
        this.retry = setTimeout(() => {
          this.dispatch({ type: 'retryDue' });
        }, effect.ms);
        break;
      case 'resendIn':
        setTimeout(() => {
          this.dispatch({ type: 'resendDue', id: effect.id });
        }, effect.ms);
        break;
      case 'keepToken':
        if (effect.token === null) {
          sessionStorage.removeItem(tokenKey);
        } else {
          sessionStorage.setItem(tokenKey, effect.token);
        }
        break;
    }
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.leave();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.lastHeard = Date.now();
    socket.onopen = () => {
      this.dispatch({ type: 'connected' });
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      this.lastHeard = Date.now();
      const message = readServerMessage(event.data);
      if (message) {
        this.dispatch({ type: 'received', message });
      }
    };
    socket.onclose = (event) => {
      this.onGone(socket, event.code);
    };
    this.heartbeat = setInterval(() => {
      this.beat(socket);
    }, 5_000);
  }

  private beat(socket: WebSocket): void {
    const silentMs = Date.now() - this.lastHeard;
    if (silentMs > deadAfterMs) {
      // A socket whose network is gone would take minutes to close; it is left behind.
      this.onGone(socket, 1006);
    } else if (silentMs > askAfterMs && socket.readyState === WebSocket.OPEN) {
      this.transmit({ type: 'ping' });
    }
  }

  private onGone(socket: WebSocket, code: number): void {
    if (socket === this.socket) {
      this.leave();
      this.dispatch({ type: 'disconnected', code, random: Math.random() });
    }
  }

  /** Drops the socket without a word to the session. */
  private leave(): void {
    clearInterval(this.heartbeat);
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private transmit(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
  }
}

export const chatUrl = (page: Location): string =>
  `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/chat`;
