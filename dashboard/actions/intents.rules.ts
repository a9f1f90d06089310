/**
 * Idempotency keys: the same input to the same mutation is the same intent, and has the same key, until a response has
 * arrived, no matter which button, menu or palette sends it.
 */
interface Intent {
  readonly key: string;
  /** Call it when a response has arrived: the same input is a new intent from then on. */
  readonly answered: () => void;
}

export type IntentOf = (mutation: string, input: object) => Intent;

export function createIntents(newKey: () => string): IntentOf {
  const unanswered = new Map<string, string>();
  return (mutation, input) => {
    const what = `${mutation} ${JSON.stringify(input)}`;
    const key = unanswered.get(what) ?? newKey();
    unanswered.set(what, key);
    return {
      key,
      answered: () => {
        if (unanswered.get(what) === key) unanswered.delete(what);
      },
    };
  };
}
