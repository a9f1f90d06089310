/** Named views: the built-in ones, and the user's own, which are stored as text. Pure. */
import { EVERYTHING, type QueueView, readView, writeView } from './queue-filter.rules.ts';

export interface NamedView {
  readonly name: string;
  /** The query string of its address, without the question mark. */
  readonly address: string;
}

const NAME_MAX = 40;

const named = (name: string, view: Partial<QueueView>): NamedView => ({
  name,
  address: writeView({ ...EVERYTHING, ...view }).toString(),
});

export const BUILT_IN: readonly NamedView[] = [
  named('All', {}),
  named('Due now', { dueNow: true, sort: 'NEXT_RETRY_AT', direction: 'ASC' }),
  named('Failed', { state: ['FAILED'] }),
  named('Backing off', { state: ['PENDING'], dueNow: false, sort: 'NEXT_RETRY_AT', direction: 'ASC' }),
  named('Processing', { state: ['PROCESSING'] }),
  // The filter is on the time of enqueuing, so the name says "Enqueued today".
  named('Enqueued today, completed', { state: ['COMPLETED'], created: 'today' }),
];

/** Parses the stored views; skips what is invalid. */
export function readViews(text: string | null): readonly NamedView[] {
  try {
    const found: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(found) ? found.filter(isNamedView) : [];
  } catch {
    return [];
  }
}

function isNamedView(found: unknown): found is NamedView {
  const { name, address } = (found ?? {}) as Record<string, unknown>;
  return typeof name === 'string' && name !== '' && typeof address === 'string';
}

/** Why a view cannot have this name; undefined when it can. `before`: its current name. */
export function problemOfName(name: string, own: readonly NamedView[], before?: string): string | undefined {
  const wanted = name.trim();
  if (wanted === '') return 'Enter a name.';
  if (wanted.length > NAME_MAX) return `At most ${NAME_MAX} characters.`;
  const isTaken = [...BUILT_IN, ...own].some(
    (view) => view.name !== before && view.name.toLowerCase() === wanted.toLowerCase(),
  );
  return isTaken ? 'A view with this name exists.' : undefined;
}

export const withView = (own: readonly NamedView[], name: string, view: QueueView): readonly NamedView[] => [
  ...own,
  { name: name.trim(), address: writeView(view).toString() },
];

export const renamed = (own: readonly NamedView[], before: string, name: string): readonly NamedView[] =>
  own.map((view) => (view.name === before ? { ...view, name: name.trim() } : view));

export const without = (own: readonly NamedView[], name: string): readonly NamedView[] =>
  own.filter((view) => view.name !== name);

/** Whether this view is the one shown, regardless of how either address is written. */
export const isShown = (view: NamedView, shown: QueueView): boolean =>
  writeView(readView(new URLSearchParams(view.address))).toString() === writeView(shown).toString();
