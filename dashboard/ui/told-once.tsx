/**
 * Announces each error to screen readers once: when the server cannot be reached, every part of the page shows the same
 * message.
 */

import { useEffect, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { useTopLayer } from './tooltip.tsx';

/** One entry for each place that shows the text now. */
let shown: readonly string[] = [];
const listeners = new Set<() => void>();

function become(now: readonly string[]): void {
  shown = now;
  for (const told of listeners) told();
}

const listen = (told: () => void): (() => void) => {
  listeners.add(told);
  return () => listeners.delete(told);
};

/** Announces the text while the component that shows it is mounted. */
export function useToldOnce(text: string | undefined): void {
  useEffect(() => {
    if (text === undefined) return;
    become([...shown, text]);
    return () => {
      const at = shown.indexOf(text);
      become(shown.filter((_, index) => index !== at));
    };
  }, [text]);
}

/** Rendered within the open dialog, since screen readers ignore the rest of the page. */
export function ToldOnce() {
  const texts = useSyncExternalStore(listen, () => shown);
  const layer = useTopLayer();
  return createPortal(
    <div role="alert" aria-atomic="false" className="sr-only">
      {[...new Set(texts)].map((text) => (
        <p key={text}>{text}</p>
      ))}
    </div>,
    layer ?? document.body,
  );
}
