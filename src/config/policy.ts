/** What the API allows beyond roles: mutations, mutations without a reason, and personal data; part of the settings. */
import { z } from 'zod';
import { oneOf, setting } from './values.ts';

const ROLES = ['viewer', 'operator', 'enqueuer', 'admin'] as const;

/** Parses names of roles, separated by commas, in any case. */
const roles = () =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim().toLowerCase())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(z.enum(ROLES, { error: `names a role that is not one of ${ROLES.join(', ').toUpperCase()}` })));

export const POLICY_SETTINGS = {
  READ_ONLY: setting({
    schema: oneOf(['true', 'false']),
    default: 'false',
    example: 'true',
    means: 'Refuse every mutation from everyone; the queue and the jobs go on.',
  }),
  REASON_REQUIRED: setting({
    schema: oneOf(['true', 'false']),
    default: 'false',
    example: 'true',
    means:
      'Require a `reason` for mutations that cancel, stop, delete or revoke something, or change limits, schedules or keys.',
  }),
  MASK_PERSONAL_DATA_FOR: setting({
    schema: roles(),
    example: 'VIEWER,OPERATOR',
    means:
      'The roles that see no full names, no e-mail addresses and no messages that quote them, separated by commas. Unset: everyone sees them.',
  }),
} as const;
