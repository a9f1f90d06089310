/** The way back from a filter as the API takes it to a view of the list: filterOf, turned round. Pure. */
import { EVERYTHING, type QueueView, type Span, STATES } from './queue-filter.rules.ts';

/** Undefined where a view cannot say all of it: what was asked through the API may be of another kind. */
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

/** Of a condition on a text the one that views have, where it is the only one. */
function onlyText(
  given: unknown,
  wanted: string,
  part: (text: string) => Partial<QueueView>,
): Partial<QueueView> | undefined {
  const conditions = Object.entries(given ?? {}).filter(([, value]) => value != null);
  const [[name, value] = []] = conditions;
  return conditions.length === 1 && name === wanted && typeof value === 'string' ? part(value) : undefined;
}
