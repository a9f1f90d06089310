/** Begins the dashboard. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './app.css';
import { App } from './app.tsx';
import { startLive } from './live/stream.ts';
import { applyTheme } from './ui/preferences.ts';

applyTheme();
startLive();
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no place for the dashboard.');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
