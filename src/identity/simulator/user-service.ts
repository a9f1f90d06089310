/**
 * The three calls of Zitadel's user service v2 that we use, with Zitadel's checks and error ids.
 * Fields that we do not send are not simulated.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Queryable } from '../../database/database.ts';
import { findUser, insertUser, replacePassword, type SimulatedUser } from './accounts.ts';
import { connectError, type Reply, success } from './answers.rules.ts';

/** What a password must contain; Zitadel's default requires all of it, and 8 characters. */
export interface PasswordPolicy {
  readonly minLength: number;
  readonly hasLowercase: boolean;
  readonly hasUppercase: boolean;
  readonly hasNumber: boolean;
  readonly hasSymbol: boolean;
}

export interface UserService {
  readonly db: Queryable;
  readonly organizationId: string;
  readonly passwordPolicy: PasswordPolicy;
}

const name = z.string().max(200);
const password = z.strictObject({ password: name, changeRequired: z.boolean().optional() });

const createUserRequest = z.strictObject({
  organizationId: name,
  userId: name.min(1).optional(),
  username: name.min(1).optional(),
  human: z.strictObject({
    profile: z.strictObject({ givenName: name, familyName: name, displayName: name.optional() }),
    email: z.strictObject({ email: name.min(1), isVerified: z.boolean().optional() }),
    password: password.optional(),
    metadata: z.array(z.strictObject({ key: name.min(1), value: z.base64().min(1) })).optional(),
  }),
});
const getUserRequest = z.strictObject({ userId: name.min(1) });
const setPasswordRequest = z.strictObject({ userId: name.min(1), newPassword: password });

export async function createUser({ db, organizationId, passwordPolicy }: UserService, body: unknown): Promise<Reply> {
  const request = createUserRequest.safeParse(body);
  if (!request.success) return invalid(request.error);
  const { human, userId = randomUUID(), username = human.email.email } = request.data;
  if (human.profile.givenName.trim() === '') {
    return connectError('invalid_argument', 'First name in profile is empty', 'USER-UCej2');
  }
  if (human.profile.familyName.trim() === '') {
    return connectError('invalid_argument', 'Last name in profile is empty', 'USER-4hB7d');
  }
  if (request.data.organizationId !== organizationId) {
    return connectError('failed_precondition', 'Organisation not found', 'COMMAND-QXPGs');
  }
  const plain = human.password?.password ?? '';
  const refusal = refusedPassword(passwordPolicy, plain);
  if (refusal !== undefined) return refusal;

  const { password: _, ...kept } = human;
  const createdAt = await insertUser(db, { userId, organizationId, username, human: kept, password: plain });
  if (createdAt !== undefined) return success({ id: userId, creationDate: createdAt.toISOString() });
  return (await findUser(db, userId)) === undefined
    ? connectError('already_exists', 'User already exists', 'V3-DKcYh')
    : connectError('failed_precondition', 'User already exists', 'COMMAND-7yiox1isql');
}

export async function getUserById({ db }: UserService, body: unknown): Promise<Reply> {
  const request = getUserRequest.safeParse(body);
  if (!request.success) return invalid(request.error);
  const user = await findUser(db, request.data.userId);
  if (user === undefined) return connectError('not_found', 'User could not be found', 'QUERY-Dfbg2');
  const details = detailsOf(user);
  const loginName = `${user.username}@simulator.localhost`;
  return success({
    details,
    user: {
      userId: user.userId,
      details,
      state: 'USER_STATE_ACTIVE',
      username: user.username,
      loginNames: [loginName],
      preferredLoginName: loginName,
      human: {
        userId: user.userId,
        state: 'USER_STATE_ACTIVE',
        username: user.username,
        loginNames: [loginName],
        preferredLoginName: loginName,
        profile: user.human.profile,
        email: user.human.email,
      },
    },
  });
}

export async function setPassword({ db, passwordPolicy }: UserService, body: unknown): Promise<Reply> {
  const request = setPasswordRequest.safeParse(body);
  if (!request.success) return invalid(request.error);
  const { userId, newPassword } = request.data;
  const refusal = refusedPassword(passwordPolicy, newPassword.password);
  if (refusal !== undefined) return refusal;
  const isReplaced = await replacePassword(db, userId, newPassword.password);
  if (!isReplaced) return connectError('not_found', 'User could not be found', 'COMMAND-G8dh3');
  const user = await findUser(db, userId);
  return success(user === undefined ? {} : { details: detailsOf(user) });
}

function refusedPassword(policy: PasswordPolicy, plain: string): Reply | undefined {
  const misses = (text: string, id: string): Reply => connectError('invalid_argument', text, id);
  if (plain.length < policy.minLength) return misses('Password is too short', 'COMMA-HuJf6');
  if (policy.hasLowercase && !/\p{Ll}/u.test(plain)) return misses('Password misses a lower letter', 'COMMA-co3Xw');
  if (policy.hasUppercase && !/\p{Lu}/u.test(plain)) return misses('Password misses an upper letter', 'COMMA-VoaRj');
  if (policy.hasNumber && !/[0-9]/.test(plain)) return misses('Password misses a number', 'COMMA-ZBv4H');
  if (policy.hasSymbol && !/[^A-Za-z0-9]/.test(plain)) return misses('Password misses a symbol', 'COMMA-ZDLwA');
  // Like Zitadel with bcrypt: not refused, but always an internal error.
  if (Buffer.byteLength(plain) > 72) return connectError('internal', 'An internal error occurred', 'COMMAND-CahN2');
  return undefined;
}

/** Names the fields but never their values: one of them is a password. */
function invalid(error: z.ZodError): Reply {
  const fields = error.issues.map((issue) => `${issue.path.join('.') || 'request'}: ${issue.code}`).join(', ');
  return connectError('invalid_argument', `invalid request: ${fields}`);
}

function detailsOf({ createdAt, organizationId }: SimulatedUser): object {
  const instant = createdAt.toISOString();
  return { sequence: '1', changeDate: instant, resourceOwner: organizationId, creationDate: instant };
}
