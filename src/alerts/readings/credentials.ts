/** Alerts over keys and tokens whose time comes to its end. */

import { type AlertRule, type Finding, findingsOf, MOST_FINDINGS, type Thresholds } from '../alert-rule.ts';
import { at, inWords } from '../wording.rules.ts';

const OLD_KEYS = `
  SELECT id::text AS id, activated_at AS since FROM auth.data_protection_keys
  WHERE purpose = 'seal' AND superseded_at IS NULL AND retired_at IS NULL AND lost_at IS NULL
    AND activated_at < now() - $1 * interval '1 millisecond'
  ORDER BY activated_at, id LIMIT 101`;

const keyFinding = ({ id, since }: { readonly id: string; readonly since: Date }): Finding => ({
  groupKey: id,
  subject: { kind: 'encryption_key', key: id },
  count: 1,
  since,
  summary: `Passwords have been sealed under the same key since ${at(since)}.`,
  advice: 'Rotate the key, then seal anew what is there (resealEntries). Nothing stops meanwhile.',
  cure: { label: 'Rotate the key', mutation: 'rotateEncryptionKey', input: {} },
});

// A token that was renewed under its name is left to expire.
const EXPIRING_TOKENS = `
  SELECT id::text AS id, name, role::text AS role, family_id AS "familyId", expires_at AS "expiresAt",
         greatest(expires_at - $1 * interval '1 millisecond', created_at) AS since
  FROM auth.api_tokens AS token
  WHERE revoked_at IS NULL AND expires_at > now() AND expires_at < now() + $1 * interval '1 millisecond'
    AND NOT EXISTS (SELECT FROM auth.api_tokens AS next
                    WHERE next.name = token.name AND next.revoked_at IS NULL
                      AND (next.expires_at IS NULL OR next.expires_at > token.expires_at))
  ORDER BY expires_at, id LIMIT $2`;

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly familyId: string | null;
  readonly expiresAt: Date;
  readonly since: Date;
}

const tokenFinding = ({ id, name, role, familyId, expiresAt, since }: TokenRow): Finding => ({
  groupKey: id,
  subject: { kind: 'api_token', key: id },
  count: 1,
  since,
  summary: `The API token ${name} expires at ${at(expiresAt)}.`,
  advice: 'If it is still needed, make another of the same name, and give it to whoever uses this one.',
  cure: {
    label: 'Make another token of this name',
    mutation: 'createApiToken',
    input: { name, role: role.toUpperCase(), ...(familyId !== null && { familyId }), expiresAt: null },
  },
});

export const credentialRules = ({ KEY_OLD, TOKEN_EXPIRING }: Thresholds): AlertRule[] => [
  {
    name: 'KEY_OLD',
    severity: 'info',
    description:
      'The key that passwords are sealed under has had its time. It is over when another is used in its place.',
    looksAt: 'The active key of the key ring.',
    threshold: `active for longer than ${inWords(KEY_OLD)}`,
    find: async (db) => findingsOf(await db.query<{ id: string; since: Date }>(OLD_KEYS, [KEY_OLD]), keyFinding),
  },
  {
    name: 'TOKEN_EXPIRING',
    severity: 'warning',
    description:
      'An API token ends soon, and no other of its name goes on. It is over when another was made, or when the token has expired or was revoked.',
    looksAt: 'API tokens that are good and expire.',
    threshold: `within ${inWords(TOKEN_EXPIRING)}`,
    async find(db) {
      return findingsOf(await db.query<TokenRow>(EXPIRING_TOKENS, [TOKEN_EXPIRING, MOST_FINDINGS + 1]), tokenFinding);
    },
  },
];
