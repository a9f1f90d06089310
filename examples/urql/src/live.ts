/**
 * Live updates that miss nothing: first the cursor, then the data, then every change after the cursor. A stream that
 * breaks is opened again after the last cursor, and the server first sends what was missed.
 */
import { useEffect, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { onEnd, pipe, subscribe } from 'wonka';
import { EntryRow } from './entry-row.ts';
import { graphql } from './hub.ts';

const ChangeCursor = graphql('query ChangeCursor { changeCursor }');
const EntryChanged = graphql(
  `
    subscription EntryChanged($after: String) {
      queuedCreationChanged(after: $after) {
        cursor
        kind
        queuedCreation {
          ...EntryRow
        }
      }
    }
  `,
  [EntryRow],
);

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export const codeOf = (error: CombinedError | undefined): unknown => error?.graphQLErrors[0]?.extensions.code;

/**
 * Calls `reload` when the list must be loaded: at first, when entries were added or removed, and when changes were
 * lost. Changes of the entries shown arrive through the cache. Returns the state of the connection.
 */
export function useLiveEntries(reload: () => void): string {
  const hub = useClient();
  const [state, setState] = useState('Connecting');
  useEffect(() => {
    let cursor: string | undefined;
    let pauseMs = FIRST_PAUSE_MS;
    let stop = (): void => undefined;
    let isOver = false;

    const connect = async (): Promise<void> => {
      if (cursor === undefined) {
        const { data, error } = await hub.query(ChangeCursor, {}, { requestPolicy: 'network-only' });
        if (isOver) return;
        if (data?.changeCursor == null) return again(error);
        cursor = data.changeCursor;
        reload();
      }
      let problem: CombinedError | undefined;
      setState('Live');
      const stream = pipe(
        hub.subscription(EntryChanged, { after: cursor }),
        onEnd(() => again(problem)),
        subscribe(({ data, error }) => {
          problem = error;
          const change = data?.queuedCreationChanged;
          if (change == null) return;
          cursor = change.cursor;
          pauseMs = FIRST_PAUSE_MS;
          if (change.kind !== 'UPDATED') reload();
        }),
      );
      stop = stream.unsubscribe;
    };

    const again = (problem: CombinedError | undefined): void => {
      if (isOver) return;
      // The changes since the cursor are not known any more: begin again, with the data.
      if (codeOf(problem) === 'CURSOR_EXPIRED') cursor = undefined;
      setState(`Reconnecting: ${problem?.message ?? 'the stream ended'}`);
      const timer = setTimeout(() => void connect(), pauseMs);
      stop = () => clearTimeout(timer);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    };

    void connect();
    return () => {
      isOver = true;
      stop();
    };
  }, [hub, reload]);
  return state;
}
