/** Converts an API filter back to a view of the list: the inverse of filterOf. Pure. */
import { EVERYTHING, type QueueView, type Span, STATES } from './queue-filter.rules.ts';

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
