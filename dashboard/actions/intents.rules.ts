/**
 * The idempotency keys of what is being done: the same input to the same mutation is the same intent
 * until an answer has come, whichever button, menu or palette it is sent from, and has the same key.
 */
interface Intent {
  readonly key: string;
  /** There is an answer: the same again is another intent. */
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
