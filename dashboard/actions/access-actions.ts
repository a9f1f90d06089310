/** What can be done to API tokens and encryption keys. */
import { graphql } from '../graphql/graphql.ts';
import { counted } from '../ui/words.ts';
import { action } from './action.ts';
import { Refusal } from './refusal.ts';

export const createApiToken = action({
  mutation: 'createApiToken',
  label: 'Create a token',
  explains: 'For scripts and other programs. The token is shown once; only its digest is kept.',
  reason: 'optional',
  hasKey: true,
  fields: [
    { name: 'name', label: 'Name', kind: 'text', isRequired: true, hint: 'Who uses it: it stands in the audit trail.' },
    {
      name: 'role',
      label: 'Role',
      kind: 'select',
      isRequired: true,
      options: [
        ['VIEWER', 'Viewer: sees'],
        ['OPERATOR', 'Operator: sees and steers'],
        ['ENQUEUER', 'Enqueuer: enqueues, and sees what it enqueued'],
        ['ADMIN', 'Admin: everything'],
      ],
    },
    { name: 'familyId', label: 'Family', kind: 'family', hint: 'Binds the token to one family; empty: all.' },
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
  says: ({ apiToken }) => `The token ${apiToken.name} can be used.`,
  reveals: ({ token }) => ({ label: 'The token', value: token }),
});

export const revokeApiToken = action({
  mutation: 'revokeApiToken',
  label: 'Revoke',
  explains: 'It is refused from now on, on every node, and its open subscriptions end. This cannot be undone.',
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
  explains:
    'Passwords are sealed with a new key from now on. Those sealed with the old one stay readable until they are re-sealed.',
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
  says: 'A new key is made.',
});

export const resealEntries = action({
  mutation: 'resealEntries',
  label: 'Re-seal',
  explains: 'Seals passwords again with the active key, in the background, so that older keys can be retired.',
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
  says: ({ resealing }) => `Re-sealing ${counted(resealing.totalCount, 'entry', 'entries')}.`,
});

export const retireEncryptionKey = action({
  mutation: 'retireEncryptionKey',
  label: 'Retire',
  explains:
    'Destroys the key. What is still sealed with it could never be read again, so that it is refused while it is in use.',
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
  explains:
    'Wraps every key with the master key that the server was given as the new one. Keep both until every node has been started with the new one.',
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
