/** Creates failures and their messages from the table in failures.ts. */
import { definitionOf, type FailureClass, type FailureCode } from './failures.ts';

/** One failed attempt, call or check. */
export interface Failure {
  readonly kind: 'failure';
  readonly class: FailureClass;
  /** Stable, SCREAMING_SNAKE. */
  readonly code: FailureCode;
  /** For an operator: what happened and what to do. Never contains a password or token. */
  readonly message: string;
  readonly providerRequestId?: string;
  /** The provider asked to wait; capped at 4 h. */
  readonly retryAfterMs?: number;
}

export interface FailureDetails {
  /** A sentence about this case. */
  readonly detail?: string;
  /** The text of the provider: shortened, printable, without secrets. */
  readonly providerText?: string;
  readonly providerRequestId?: string;
  readonly retryAfterMs?: number;
}

/** Introduces the text of the provider at the end of a message. */
export const PROVIDER_SAID = 'The provider said: “';

/** Creates the failure of a code: class and message from the table, plus the details. */
export function failureOf(code: FailureCode, details: FailureDetails = {}): Failure {
  const { detail, providerText, providerRequestId, retryAfterMs } = details;
  const { class: failureClass, what } = known(code);
  return {
    kind: 'failure',
    class: failureClass,
    code,
    message: joined(what, detail, remedyOf(code), providerText && `${PROVIDER_SAID}${providerText}”.`),
    ...(providerRequestId === undefined ? {} : { providerRequestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Returns what happened and what to do, without details of a case. */
export const messageOf = (code: FailureCode): string => failureOf(code).message;

/** Returns what an operator does about one entry, or about the provider, after a failure with this code. */
function remedyOf(code: FailureCode): string | undefined {
  const { class: failureClass, cure, bulk } = known(code);
  if (failureClass === 'transient') return joined('It is retried automatically.', cure && `If it persists: ${cure}`);
  if (failureClass !== 'permanent') return cure ?? undefined;
  const next = bulk === 'CANCEL' ? 'Then cancel the entry.' : bulk === 'RETRY' ? 'Then retry the entry.' : null;
  return joined(cure, next);
}

/** Returns what to do about all entries that failed with a code; null if nothing, or if the code is unknown. */
export function groupCure(code: string): string | null {
  const definition = definitionOf(code);
  if (definition === null || definition.cure === null) return null;
  const { class: failureClass, cure, bulk } = definition;
  return joined(
    cure,
    failureClass === 'transient' && 'Waiting entries are retried automatically.',
    failureClass === 'configuration' &&
      'Restart the server if a setting changed; closeCircuit lets waiting entries continue at once. If only single accounts are refused, check the proxies and firewalls in front of the identity provider.',
    bulk === 'RETRY' && 'Then retry the failed entries of this group.',
    bulk === 'CANCEL' && 'Then cancel the entries of this group.',
  );
}

/** Returns the bulk action for entries that failed with a code; null if each needs its own retry. */
export function groupAction(code: string): 'RETRY' | 'CANCEL' | null {
  const definition = definitionOf(code);
  return definition === null ? 'RETRY' : definition.bulk;
}

function known(code: FailureCode) {
  const definition = definitionOf(code);
  if (definition === null) throw new Error(`The table of failures lacks ${code}.`);
  return definition;
}

const joined = (...sentences: readonly (string | false | null | undefined)[]): string =>
  sentences.filter(Boolean).join(' ');
