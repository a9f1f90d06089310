/** Callers for tests of an API with access control: tokens of every kind, created through the API itself. */
import type { Config } from '../../src/config/config.ts';
import type { TestApp } from './app.ts';

const ADMIN_TOKEN = 'the-admin-token-of-the-tests-0123456789';

/** Switches access control on. The high failure limit keeps tests that use wrong tokens from being rate-limited. */
export const WITH_ACCESS: Partial<Config> = { ADMIN_TOKEN, authenticationFailuresPerMinute: 100_000 };

export type Headers = Readonly<Record<string, string>>;

export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
export const ADMIN = bearer(ADMIN_TOKEN);

export interface TokenRequest {
  readonly name: string;
  readonly role: 'VIEWER' | 'OPERATOR' | 'ENQUEUER' | 'ADMIN';
  readonly familyId?: string;
  readonly expiresAt?: string;
}

/** Creates a token as ADMIN and returns it with its id. Throws when the API refuses. */
export async function createToken(app: TestApp, input: TokenRequest): Promise<{ token: string; apiTokenId: string }> {
  const { body } = await app.graphql<{ createApiToken: { token?: string; apiToken: { apiTokenId: string } } }>(
    `mutation ($input: CreateApiTokenInput!) {
      createApiToken(input: $input) {
        ... on CreateApiTokenPayload { token apiToken { apiTokenId } }
        ... on MutationError { code message }
      }
    }`,
    { input },
    ADMIN,
  );
  const made = body.data?.createApiToken;
  if (made?.token === undefined) throw new Error(`No token was made: ${JSON.stringify(body)}`);
  return { token: made.token, apiTokenId: made.apiToken.apiTokenId };
}

/** The headers of a new token. */
export const callerWith = async (app: TestApp, input: TokenRequest): Promise<Headers> =>
  bearer((await createToken(app, input)).token);
