/**
 * Builds the request bodies for Zitadel and parses its responses: user service v2 (Zitadel 4 and newer), Connect
 * protocol with JSON. The message types are the vendor's (npm `@zitadel/proto`);
 * test/integration/zitadel-messages.test.ts verifies that they match.
 */
import type { NewAccount } from './provider.ts';
import { parseJson, record } from './zitadel-answers.rules.ts';

export const PATHS = {
  create: '/zitadel.user.v2.UserService/CreateUser',
  find: '/zitadel.user.v2.UserService/GetUserByID',
  setPassword: '/zitadel.user.v2.UserService/SetPassword',
  check: '/management/v1/orgs/me',
  token: '/oauth/v2/token',
} as const;

/** bcrypt's limit, in UTF-8 bytes: for a longer password Zitadel always returns an internal error. */
export const MAX_PASSWORD_BYTES = 72;

/** The user's id is the entry's id, so that a repeated create is harmless. The metadata identifies entry and family. */
export function createUserBody(account: NewAccount, organizationId: string, emailDomain: string): string {
  const { entryId, familyId, username, fullName, password } = account;
  return JSON.stringify({
    organizationId,
    userId: entryId,
    username,
    human: {
      profile: profileNames(fullName),
      // Zitadel requires an email address; it sends no mail to a verified one.
      email: { email: `${username}@${emailDomain}`, isVerified: true },
      password: { password, changeRequired: false },
      metadata: [
        { key: 'family_hub_entry_id', value: Buffer.from(entryId).toString('base64') },
        { key: 'family_hub_family_id', value: Buffer.from(familyId).toString('base64') },
      ],
    },
  });
}

export function getUserBody(entryId: string): string {
  return JSON.stringify({ userId: entryId });
}

/** Sends neither the old password nor a code: the service account's role permits it. */
export function setPasswordBody(entryId: string, password: string): string {
  return JSON.stringify({ userId: entryId, newPassword: { password, changeRequired: false } });
}

/** The new user's id; undefined if the body is not a CreateUserResponse. */
export function createdUserId(body: string): string | undefined {
  return text(record(parseJson(body))?.id);
}

export interface FoundUser {
  readonly userId: string;
  readonly username: string;
  readonly organizationId: string;
}

/** The user in a GetUserByIDResponse; undefined if the body is not one. */
export function foundUser(body: string): FoundUser | undefined {
  const response = record(parseJson(body));
  const user = record(response?.user);
  const userId = text(user?.userId);
  const username = text(user?.username);
  // The outer details are deprecated: only older servers leave them out of the user.
  const organizationId = text(record(user?.details)?.resourceOwner) ?? text(record(response?.details)?.resourceOwner);
  if (userId === undefined || username === undefined || organizationId === undefined) return undefined;
  return { userId, username, organizationId };
}

/** The organization's id in a GetMyOrgResponse; undefined if the body is not one. */
export function ownOrganizationId(body: string): string | undefined {
  return text(record(record(parseJson(body))?.org)?.id);
}

/** Whether a success body is a message at all: SetPassword's has no field that we need. */
export function isMessage(body: string): boolean {
  const parsed = parseJson(body);
  return record(parsed) !== undefined && !Array.isArray(parsed);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Zitadel's limit for each of the three names, in Unicode code points. */
export const MAX_NAME_LENGTH = 200;

/** Used where Zitadel requires a name and there is none. */
export const NO_NAME = '-';

export interface ProfileNames {
  readonly givenName: string;
  readonly familyName: string;
  readonly displayName: string;
}

/** Splits a full name; all three results are trimmed and not blank, even for a blank full name. */
export function profileNames(fullName: string): ProfileNames {
  // \s does not include U+0085, which Zitadel trims; control characters do not belong in a name.
  const whole = fullName.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const gap = whole.indexOf(' ');
  return {
    givenName: limited(gap < 0 ? whole : whole.slice(0, gap)),
    familyName: limited(gap < 0 ? '' : whole.slice(gap + 1)),
    displayName: limited(whole),
  };
}

function limited(name: string): string {
  // Most names are short: count code points only where the limit might be exceeded.
  const cut = name.length <= MAX_NAME_LENGTH ? name : [...name].slice(0, MAX_NAME_LENGTH).join('').trim();
  return cut === '' ? NO_NAME : cut;
}
