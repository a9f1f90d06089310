/** What administrators do to API tokens; every node hears at once of one that was revoked. */
import type { Clock } from '../../clock.ts';
import { type InputIssue, InvalidInputError, InvalidStateError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import type { NewEvent } from '../../work/event-types.rules.ts';
import type { Notices } from '../../work/notices.ts';
import { recordEvents } from '../../work/write-events.ts';
import type { Acts } from '../acts.ts';
import { idempotencyKeyProblem } from '../idempotency.rules.ts';
import { type Digester, digestFields, idempotently } from '../idempotency.ts';
import { tokenNameProblem } from './token-name.rules.ts';
import { createToken, type MadeToken, type NewToken, revokeToken } from './tokens.ts';

export interface TokenRequest extends NewToken {
  readonly idempotencyKey: string | null;
}

export interface TokenOperationsOptions {
  readonly acts: Acts;
  readonly clock: Clock;
  readonly notices: Pick<Notices, 'notify'>;
  readonly digester: Digester;
}

export type TokenOperations = ReturnType<typeof createTokenOperations>;

/** The operations behind the API's view of tokens. */
export function createTokenOperations({ acts, clock, notices, digester }: TokenOperationsOptions) {
  return {
    /**
     * Makes a token; its text is in the answer and nowhere else. So a repeat with the same key
     * cannot answer it again: it is refused and names the token that the first request made.
     */
    async create(caller: Caller, request: TokenRequest): Promise<MadeToken> {
      requireValid(request, clock.now());
      const { idempotencyKey: key, ...wanted } = request;
      const { name, role, familyId, expiresAt, reason } = wanted;
      const shown = { name, role: role.toUpperCase(), familyId, expiresAt: expiresAt?.toISOString() ?? null };
      const token = await acts.transaction(async (tx, acted) => {
        let made: MadeToken | undefined;
        const call = {
          caller: caller.id,
          mutation: 'createApiToken',
          key,
          digests: digestFields(digester, { ...shown }),
        };
        const { resultId } = await idempotently(tx, call, async () => {
          made = await createToken(tx, caller, wanted);
          return made.id;
        });
        if (made === undefined)
          throw new InvalidStateError(
            `An earlier request with this idempotencyKey made the token ${resultId}; its text was in that answer and cannot be shown again. If that answer was lost, revoke it (revokeApiToken) and make another one with a new key.`,
          );
        const target = { type: 'ApiToken', id: made.id };
        acted({ caller, action: 'createApiToken', target, familyId, reason, after: { ...shown, prefix: made.prefix } });
        await recordEvents(tx, [tokenEvent('ApiTokenCreated', caller, made.id, { name, role, familyId })]);
        return made;
      });
      notices.notify('outbox');
      return token;
    },

    /** Revokes a token: within a second no node takes it any more, and what it held open ends. */
    async revoke(caller: Caller, tokenId: string, reason: string | null): Promise<{ isChanged: boolean }> {
      const { isChanged } = await acts.transaction(async (tx, acted) => {
        const { name, role, familyId, prefix, ...revoked } = await revokeToken(tx, caller, tokenId, reason);
        const shown = { name, role: role.toUpperCase(), prefix };
        if (revoked.isChanged) {
          await recordEvents(tx, [tokenEvent('ApiTokenRevoked', caller, tokenId, { name, role, familyId })]);
          acted({
            caller,
            action: 'revokeApiToken',
            target: { type: 'ApiToken', id: tokenId },
            familyId,
            reason,
            before: { ...shown, status: 'ACTIVE' },
            after: { ...shown, status: 'REVOKED' },
          });
        }
        return revoked;
      });
      notices.notify('access');
      return { isChanged };
    },
  };
}

const tokenEvent = (
  eventType: 'ApiTokenCreated' | 'ApiTokenRevoked',
  caller: Caller,
  apiTokenId: string,
  token: Pick<NewToken, 'name' | 'role' | 'familyId'>,
): NewEvent => ({
  eventType,
  aggregateType: 'ApiToken',
  aggregateId: apiTokenId,
  familyId: token.familyId,
  payload: { apiTokenId, ...token, actor: caller.name },
});

/** Throws InvalidInputError with everything that is wrong. */
function requireValid({ name, expiresAt, idempotencyKey }: TokenRequest, now: Date): void {
  const issues: InputIssue[] = [];
  const nameProblem = tokenNameProblem(name);
  if (nameProblem !== undefined) issues.push({ path: ['name'], ...nameProblem });
  if (expiresAt !== null && expiresAt <= now)
    issues.push({
      path: ['expiresAt'],
      code: 'IN_THE_PAST',
      message: `${expiresAt.toISOString()} is not in the future. Leave it out for a token without an end.`,
    });
  const keyProblem = idempotencyKeyProblem(idempotencyKey);
  if (keyProblem !== undefined) issues.push({ path: ['idempotencyKey'], ...keyProblem });
  if (issues.length > 0) throw new InvalidInputError(issues);
}
