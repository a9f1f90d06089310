/** The actions on API tokens and encryption keys. */

import { action } from '../actions/action.ts';
import { Refusal } from '../actions/refusal.ts';
import { graphql } from '../graphql/graphql.ts';
import { counted } from '../ui/words.ts';

export const createApiToken = action({
  mutation: 'createApiToken',
  label: 'Create a token',
  explains: 'For scripts and other programs. The token is shown once; only its digest is kept.',
  reason: 'optional',
  hasKey: true,
  fields: [
    {
      name: 'name',
      label: 'Name',
      kind: 'text',
      isRequired: true,
      hint: 'Who uses it. The audit trail shows this name.',
    },
    {
      name: 'role',
      label: 'Role',
      kind: 'select',
      isRequired: true,
      options: [
        ['VIEWER', 'Viewer: sees'],
        ['OPERATOR', 'Operator: views and operates'],
        ['ENQUEUER', 'Enqueuer: enqueues accounts and sees its own'],
        ['ADMIN', 'Admin: everything'],
      ],
    },
    { name: 'familyId', label: 'Family', kind: 'family', hint: 'Limits the token to one family. Empty: all families.' },
    { name: 'expiresAt', label: 'Expires', kind: 'instant' },
  ],
  document: graphql(
    `
    mutation CreateApiToken($input: CreateApiTokenInput!) {
      outcome: createApiToken(input: $input) {
        ... on CreateApiTokenPayload { token apiToken { id apiTokenId name } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ apiToken }) => `The token ${apiToken.name} was created.`,
  reveals: ({ token }) => ({ label: 'The token', value: token }),
});

export const revokeApiToken = action({
  mutation: 'revokeApiToken',
  label: 'Revoke',
  explains: 'Every node refuses it from now on and ends its subscriptions. This cannot be undone.',
  reason: 'required',
  isDangerous: true,
  document: graphql(
    `
    mutation RevokeApiToken($input: RevokeApiTokenInput!) {
      outcome: revokeApiToken(input: $input) {
        ... on RevokeApiTokenPayload { isChanged apiToken { id apiTokenId name status } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ apiToken }) => `The token ${apiToken.name} is revoked.`,
});

export const rotateEncryptionKey = action({
  mutation: 'rotateEncryptionKey',
  label: 'Rotate the key',
  explains: 'New passwords are encrypted with a new key. Older ones keep the old key until they are re-encrypted.',
  reason: 'optional',
  hasKey: true,
  document: graphql(
    `
    mutation RotateEncryptionKey($input: RotateEncryptionKeyInput!) {
      outcome: rotateEncryptionKey(input: $input) {
        ... on RotateEncryptionKeyPayload { encryptionKey { id keyId state } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The new key is active.',
});

export const resealEntries = action({
  mutation: 'resealEntries',
  label: 'Re-encrypt',
  explains: 'Re-encrypts passwords with the active key in the background, so that older keys can be retired.',
  reason: 'optional',
  hasKey: true,
  fields: [{ name: 'perSecond', label: 'Entries a second', kind: 'number' }],
  document: graphql(
    `
    mutation ResealEntries($input: ResealEntriesInput!) {
      outcome: resealEntries(input: $input) {
        ... on ResealEntriesPayload { resealing { id resealingId totalCount } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ resealing }) => `Re-encrypting ${counted(resealing.totalCount, 'entry', 'entries')}.`,
});

export const retireEncryptionKey = action({
  mutation: 'retireEncryptionKey',
  label: 'Retire',
  explains: 'Destroys the key. Refused while anything is still encrypted with it.',
  reason: 'required',
  isDangerous: true,
  document: graphql(
    `
    mutation RetireEncryptionKey($input: RetireEncryptionKeyInput!) {
      outcome: retireEncryptionKey(input: $input) {
        ... on RetireEncryptionKeyPayload { isChanged encryptionKey { id keyId state } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The key is retired.',
});

export const wrapWithNewMasterKey = action({
  mutation: 'wrapWithNewMasterKey',
  label: 'Change the master key',
  explains: 'Wraps every key with NEW_MASTER_KEY. Keep both master keys until every node runs with the new one.',
  reason: 'optional',
  isDangerous: true,
  document: graphql(
    `
    mutation WrapWithNewMasterKey($input: WrapWithNewMasterKeyInput!) {
      outcome: wrapWithNewMasterKey(input: $input) {
        ... on WrapWithNewMasterKeyPayload { isChanged keyCount rewrappedCount masterKeyId encryptionKeys { id keyId } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ rewrappedCount }) => `${counted(rewrappedCount, 'key is', 'keys are')} wrapped with the new master key.`,
});
