/** Named views: the built-in ones, and the user's own, which are stored as text. Pure. */

import { EVERYTHING, type QueueView, readView, type Span, STATES, writeView } from './queue-filter.rules.ts';

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

/** What no single filter button shows. */
export const BUILT_IN: readonly NamedView[] = [
  named('Due now', { dueNow: true, sort: 'NEXT_RETRY_AT', direction: 'ASC' }),
  named('Backing off', { state: ['PENDING'], dueNow: false, sort: 'NEXT_RETRY_AT', direction: 'ASC' }),
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

/* Converts an API filter back to a view of the list: the inverse of filterOf. Pure. */

/** Undefined when a view cannot express all of the filter: API clients may use other conditions. */
export function viewOfFilter(filter: unknown): QueueView | undefined {
  if (typeof filter !== 'object' || filter === null) return undefined;
  let view = EVERYTHING;
  for (const [name, given] of Object.entries(filter)) {
    const part = partOf(name, given);
    if (part === undefined) return undefined;
    view = { ...view, ...part };
  }
  return view;
}

function partOf(name: string, given: unknown): Partial<QueueView> | undefined {
  switch (name) {
    case 'status': {
      const state = STATES.filter((one) => Array.isArray(given) && given.includes(one));
      return state.length > 0 ? { state } : undefined;
    }
    case 'familyId':
      return typeof given === 'string' ? { family: given } : undefined;
    case 'username':
      return onlyText(given, 'startsWith', (username) => ({ username }));
    case 'errorCode':
      return onlyText(given, 'equals', (errorCode) => ({ errorCode }));
    case 'failureGroup':
      return typeof given === 'string' ? { failureGroup: given } : undefined;
    case 'createdAt':
      return { created: given as Span };
    case 'nextRetryAt':
      return { due: given as Span };
    case 'dueNow':
      return typeof given === 'boolean' ? { dueNow: given } : undefined;
    default:
      return undefined;
  }
}

/** The text condition that views support, if it is the only condition on the field. */
function onlyText(
  given: unknown,
  wanted: string,
  part: (text: string) => Partial<QueueView>,
): Partial<QueueView> | undefined {
  const conditions = Object.entries(given ?? {}).filter(([, value]) => value != null);
  const [[name, value] = []] = conditions;
  return conditions.length === 1 && name === wanted && typeof value === 'string' ? part(value) : undefined;
}
