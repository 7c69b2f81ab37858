import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { ChatDriver, chatUrl } from './chat/driver';
import './styles.css';

const root = document.getElementById('root');
if (!root) {
  throw new Error('index.html has no #root');
}
const chat = new ChatDriver(chatUrl(window.location));
chat.dispatch({ type: 'start' });
createRoot(root).render(
  <StrictMode>
    <App chat={chat} />
  </StrictMode>,
);
