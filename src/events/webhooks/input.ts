/** Validates the input for a webhook before anything is changed; all problems are reported together. */
import { setTimeout as delay } from 'node:timers/promises';
import { idempotencyKeyIssues } from '../../access/idempotency.rules.ts';
import type { Config } from '../../config/config.ts';
import { type InputIssue, InvalidInputError } from '../../refusals.ts';
import { EVENT_TYPES, isEventType } from '../../work/event-types.rules.ts';
import { secretIssues } from './secrets.ts';
import { resolveHost } from './send.ts';
import { destinationProblem, hostOf, readUrl, urlPolicy } from './webhook-url.rules.ts';

export interface WebhookInput {
  readonly url?: string | null;
  readonly eventTypes?: readonly string[] | null;
  readonly secret?: string | null;
  readonly idempotencyKey?: string | null;
}

/** How long a caller waits for DNS at most. */
const RESOLVE_MS = 5_000;
/** A test goes to one webhook, whatever types that subscribes to. */
const NOT_TO_BE_ASKED_FOR = 'WebhookTested';
const TYPES_TO_ASK_FOR: readonly string[] = EVENT_TYPES.filter((type) => type !== NOT_TO_BE_ASKED_FOR);

/** Throws InvalidInputError with all problems. Fields that are left out have none. */
export async function requireValid(config: Config, input: WebhookInput): Promise<void> {
  requireNone([
    ...(typeof input.url === 'string' ? await urlIssues(config, input.url) : []),
    ...typeIssues(input.eventTypes),
    ...secretIssues(input.secret),
    ...idempotencyKeyIssues(input.idempotencyKey),
  ]);
}

/** Throws InvalidInputError if there are issues. */
export function requireNone(issues: readonly InputIssue[]): void {
  if (issues.length > 0) throw new InvalidInputError(issues);
}

/** Also resolves the host, so that the caller learns of a mistake at once; each delivery resolves it again. */
async function urlIssues(config: Config, text: string): Promise<InputIssue[]> {
  const issue = (code: string, message: string): InputIssue[] => [{ path: ['url'], code, message }];
  const policy = urlPolicy(config);
  const read = readUrl(text, policy);
  if ('problem' in read) return issue(read.problem.code, read.problem.message);
  const host = hostOf(read.url);
  const patience = new AbortController();
  const addresses = await Promise.race([
    resolveHost(host).catch((): readonly string[] => []),
    delay(RESOLVE_MS, [] as readonly string[], { signal: patience.signal }).catch((): readonly string[] => []),
  ]);
  patience.abort();
  if (addresses.length === 0)
    return issue('UNKNOWN_HOST', `names the host ${host}, which cannot be resolved. Check for a typo.`);
  const problem = destinationProblem(read.url, addresses, policy);
  return problem === undefined ? [] : issue(problem.code, problem.message);
}

function typeIssues(types: readonly string[] | null | undefined): InputIssue[] {
  if (types === null || types === undefined) return [];
  if (types.length === 0)
    return [{ path: ['eventTypes'], code: 'EMPTY', message: 'names no type. Leave it out (or null) for all of them.' }];
  const unknown = types.filter((type) => !isEventType(type) || type === NOT_TO_BE_ASKED_FOR);
  if (unknown.length === 0) return [];
  const [first = ''] = unknown;
  const more = unknown.length > 1 ? ` (and ${unknown.length - 1} more)` : '';
  const message = `holds ${JSON.stringify(first.slice(0, 100))}${more}, which is no event type that a webhook can subscribe to. There are: ${TYPES_TO_ASK_FOR.join(', ')}.`;
  return [{ path: ['eventTypes'], code: 'UNKNOWN_EVENT_TYPE', message }];
}
