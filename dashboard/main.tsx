/** Starts the dashboard. */

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './app.css';
import { askForViewer } from './access/viewer.tsx';
import { App } from './app.tsx';
import { startLive } from './live/stream.ts';
import { preload } from './routes.ts';
import { keepFocus } from './ui/focus.ts';
import { applyTheme } from './ui/preferences.ts';

applyTheme();
askForViewer();
preload(window.location.pathname);
startLive();
keepFocus();
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no place for the dashboard.');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
