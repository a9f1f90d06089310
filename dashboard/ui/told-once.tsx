/**
 * Tells those who hear the page what has gone wrong, once for each thing: a server that is away takes
 * every part of the page along, and they all say the same.
 */
import { useEffect, useSyncExternalStore } from 'react';
import { createPortal } from 'react-dom';
import { useTopLayer } from './layer.tsx';

/** As often as it is shown now. */
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

/** Has it told as long as the part that says it is shown. */
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

/** Within an open dialog, outside of which nobody hears anything. */
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
