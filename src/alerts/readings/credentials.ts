/** The queries for old encryption keys and for API tokens that expire soon. */
import type { Thresholds } from '../../config/alerts.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';

const OLD_KEYS = `
  SELECT id::text AS key, activated_at AS since FROM auth.data_protection_keys
  WHERE purpose = 'seal' AND superseded_at IS NULL AND retired_at IS NULL
    AND activated_at < now() - $1 * interval '1 millisecond'
  ORDER BY activated_at, id ${LIMIT}`;

// A token is left out if another one of the same name outlives it.
const EXPIRING_TOKENS = `
  SELECT id::text AS key, name, role::text AS role, family_id AS "familyId",
         (extract(epoch FROM expires_at - now()) * 1000)::float8 AS "expiresInMs",
         greatest(expires_at - $1 * interval '1 millisecond', created_at) AS since
  FROM auth.api_tokens AS token
  WHERE revoked_at IS NULL AND expires_at > now() AND expires_at < now() + $1 * interval '1 millisecond'
    AND NOT EXISTS (SELECT FROM auth.api_tokens AS next
                    WHERE next.name = token.name AND next.revoked_at IS NULL
                      AND (next.expires_at IS NULL OR next.expires_at > token.expires_at))
  ORDER BY expires_at, id ${LIMIT}`;

export const credentialReadings = ({
  KEY_OLD,
  TOKEN_EXPIRING,
}: Thresholds): Readings<'KEY_OLD' | 'TOKEN_EXPIRING'> => ({
  KEY_OLD: (db) => db.query(OLD_KEYS, [KEY_OLD]),
  TOKEN_EXPIRING: (db) => db.query(EXPIRING_TOKENS, [TOKEN_EXPIRING]),
});
