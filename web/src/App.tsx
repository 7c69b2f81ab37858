import { useState } from 'react';
import { CallsPanel } from './calls/CallsPanel';
import { useCalls } from './calls/useCalls';
import type { ChatDriver } from './chat/driver';
import { ChatPanel } from './chat/ChatPanel';
import { DialPanel } from './dial/DialPanel';
import { Wordmark } from './ui/Wordmark';

const views = ['chat', 'calls', 'dial'] as const;
type View = (typeof views)[number];
const titles: Record<View, string> = { chat: 'Chat', calls: 'Calls', dial: 'Dial in' };

/** On a wide screen everything side by side; on a narrow one the bar at the bottom chooses. */
export function App({ chat }: { chat: ChatDriver }) {
  const [view, setView] = useState<View>('chat');
  const calls = useCalls();
  const live = calls.data?.filter((call) => call.state !== 'ended').length ?? 0;
  return (
    <div className="app" data-view={view}>
      <header className="masthead">
        <Wordmark />
        <p className="masthead-note">
          <span className="dot" data-tone={live > 0 ? 'live' : 'idle'} aria-hidden="true" />
          {live === 0 ? 'No live calls' : live === 1 ? '1 live call' : `${live} live calls`}
        </p>
      </header>
      <main className="layout">
        <ChatPanel chat={chat} />
        <div className="side">
          <CallsPanel calls={calls} />
          <DialPanel apiKey={calls.apiKey} />
        </div>
      </main>
      <nav className="tabs" aria-label="Sections">
        {views.map((name) => (
          <button
            key={name}
            type="button"
            aria-current={view === name ? 'page' : undefined}
            onClick={() => {
              setView(name);
            }}
          >
            {titles[name]}
            {name === 'calls' && live > 0 && <span className="count">{live}</span>}
          </button>
        ))}
      </nav>
    </div>
  );
}
