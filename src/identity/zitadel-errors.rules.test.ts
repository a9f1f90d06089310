import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../diagnosis/failure-messages.ts';
import { definitionOf } from '../diagnosis/failures.ts';
import { MAX_RETRY_AFTER_MS, readError, retryAfterMs, saysUserIsAbsent } from './zitadel-answers.rules.ts';
import { type BrokenCall, classifyAnswer, classifyBrokenCall, type Operation } from './zitadel-errors.rules.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const OPERATIONS: readonly Operation[] = ['create', 'find', 'setPassword', 'check', 'token'];

const connect = (status: number, code: string | number, id?: string) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    code,
    message: `Übersetzter Text${id === undefined ? '' : ` (${id})`}`,
    details: id === undefined ? undefined : [{ type: 'zitadel.v1.ErrorDetail', debug: { id } }],
  }),
});
const html = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: '<html><title>Bad Gateway</title></html>',
});

describe('classifyAnswer on create', () => {
  it.each([
    [connect(400, 'invalid_argument', 'COMMA-HuJf6'), 'permanent', 'PASSWORD_REFUSED'],
    [connect(400, 'invalid_argument', 'COMMA-co3Xw'), 'permanent', 'PASSWORD_REFUSED'],
    [connect(400, 'invalid_argument', 'COMMA-VoaRj'), 'permanent', 'PASSWORD_REFUSED'],
    [connect(400, 'invalid_argument', 'COMMA-ZBv4H'), 'permanent', 'PASSWORD_REFUSED'],
    [connect(400, 'invalid_argument', 'DOMAIN-ZDLwA'), 'permanent', 'PASSWORD_REFUSED'],
    [connect(400, 'invalid_argument', 'USER-UCej2'), 'permanent', 'ACCOUNT_DATA_REFUSED'],
    [connect(409, 'already_exists', 'V3-DKcYh'), 'permanent', 'USERNAME_TAKEN_AT_PROVIDER'],
    [connect(499, 'canceled'), 'transient', 'PROVIDER_INTERNAL_ERROR'],
    [connect(500, 'unknown'), 'transient', 'PROVIDER_INTERNAL_ERROR'],
    [connect(504, 'deadline_exceeded'), 'unknown', 'OUTCOME_UNKNOWN'],
    [connect(409, 'aborted'), 'transient', 'PROVIDER_CONFLICT'],
    [connect(500, 'internal', 'COMMAND-CahN2'), 'transient', 'PROVIDER_INTERNAL_ERROR'],
    [connect(503, 'unavailable'), 'transient', 'PROVIDER_UNAVAILABLE'],
    [connect(500, 'data_loss'), 'transient', 'PROVIDER_INTERNAL_ERROR'],
    [connect(400, 'failed_precondition', 'COMMAND-7yiox1isql'), 'transient', 'PROVIDER_STATE_UNCLEAR'],
    [connect(400, 'failed_precondition', 'COMMAND-QXPGs'), 'configuration', 'PROVIDER_ORGANIZATION_UNKNOWN'],
    [connect(401, 'unauthenticated'), 'configuration', 'PROVIDER_TOKEN_INVALID'],
    [connect(401, 16, 'AUTH-7fs1e'), 'configuration', 'PROVIDER_TOKEN_INVALID'],
    [connect(403, 'permission_denied'), 'configuration', 'PROVIDER_PERMISSION_DENIED'],
    [connect(403, 7), 'configuration', 'PROVIDER_PERMISSION_DENIED'],
    [connect(403, 7, 'AUTH-Bs7Ds'), 'configuration', 'PROVIDER_ORGANIZATION_UNKNOWN'],
    [connect(501, 'unimplemented'), 'configuration', 'PROVIDER_TOO_OLD'],
    [connect(404, 'not_found', 'AUTHZ-cdgFk'), 'configuration', 'PROVIDER_PERMISSION_DENIED'],
    [connect(404, 'not_found', 'QUERY-Dfbg2'), 'configuration', 'PROVIDER_NOT_FOUND'],
    [connect(404, 'not_found'), 'configuration', 'PROVIDER_NOT_FOUND'],
    [html(404), 'configuration', 'PROVIDER_NOT_FOUND'],
    [connect(429, 'resource_exhausted', 'QUOTA-nMqT4'), 'configuration', 'PROVIDER_QUOTA_EXHAUSTED'],
    [connect(429, 'resource_exhausted', 'LIMITS-abc12'), 'configuration', 'PROVIDER_QUOTA_EXHAUSTED'],
    [connect(429, 'resource_exhausted'), 'transient', 'PROVIDER_RATE_LIMITED'],
    [html(429), 'transient', 'PROVIDER_RATE_LIMITED'],
    [html(500), 'transient', 'PROVIDER_INTERNAL_ERROR'],
    [html(502), 'transient', 'PROVIDER_UNAVAILABLE'],
    [html(503), 'transient', 'PROVIDER_UNAVAILABLE'],
    [html(504), 'unknown', 'OUTCOME_UNKNOWN'],
    [html(520), 'transient', 'PROVIDER_INTERNAL_ERROR'],
    [html(418), 'transient', 'PROVIDER_ANSWER_UNEXPECTED'],
    [html(301), 'configuration', 'PROVIDER_REDIRECTED'],
    [html(308), 'configuration', 'PROVIDER_REDIRECTED'],
    [html(200), 'unknown', 'OUTCOME_UNKNOWN'],
    [html(204), 'unknown', 'OUTCOME_UNKNOWN'],
  ] as const)('case %#: %j is %s, %s', (answer, expectedClass, code) => {
    expect(classifyAnswer('create', answer, NOW)).toMatchObject({ kind: 'failure', class: expectedClass, code });
  });

  it.each([
    [html(500), true],
    [html(502), true],
    [html(503), true],
    [html(520), true],
    [html(408), true],
    [html(429), false],
    [html(403), false],
    [html(404), false],
    [html(418), false],
    [html(501), false],
    [html(302), false],
    [connect(503, 'unavailable'), false],
    [connect(429, 'resource_exhausted'), false],
    [connect(409, 'aborted'), false],
    [connect(400, 'invalid_argument', 'USER-UCej2'), false],
  ] as const)('case %#: after %j the account may exist: %s', (answer, mayExist) => {
    const failure = classifyAnswer('create', answer, NOW);
    expect(failure.mayExist ?? false).toBe(mayExist);
    expect(failure.message.includes('the next attempt looks it up first')).toBe(mayExist);
    expect(classifyAnswer('find', answer, NOW).mayExist).toBeUndefined();
  });

  it('says what the password lacks', () => {
    const failure = classifyAnswer('create', connect(400, 'invalid_argument', 'COMMA-ZBv4H'), NOW);
    expect(failure.message).toContain('lacks a digit');
  });

  it('takes the id from the end of the message where there are no details', () => {
    const body = JSON.stringify({ code: 'not_found', message: 'membership not found (AUTHZ-cdgFk)' });
    expect(readError(body)).toMatchObject({ code: 5, id: 'AUTHZ-cdgFk' });
  });

  it.each(['', 'null', '[]', '{}', '{"code":"no_such_code"}', '{"code":503}', '{"code":0}', '{"code":1.5}', '"x"'])(
    'sees no error of Zitadel in %j',
    (body) => {
      expect(readError(body)).toEqual({});
    },
  );

  it('appends the provider’s words in one short line, without the secrets', () => {
    const message = `bad\u0000 token s3cret-token\n${'x'.repeat(500)}`;
    const answer = { status: 500, headers: {}, body: JSON.stringify({ code: 'internal', message }) };
    const failure = classifyAnswer('create', answer, NOW, ['s3cret-token', '']);
    expect(failure.message).not.toContain('s3cret-token');
    expect(failure.message).toContain('“bad token [secret] xxx');
    expect(failure.message).not.toMatch(/\p{Cc}/u);
    expect(failure.message.length).toBeLessThan(messageOf('PROVIDER_INTERNAL_ERROR').length + 240);
  });

  it('repeats no password that was quoted back escaped, nor in its request id', () => {
    const password = `Pä"ss<w>ö'r\\d &1`;
    const written = [
      JSON.stringify(password),
      JSON.stringify(JSON.stringify(password)),
      encodeURIComponent(password),
      'Pä&quot;ss&lt;w&gt;ö&#39;r\\d &amp;1',
      Buffer.from(password).toString('base64'),
    ];
    for (const text of written) {
      const body = JSON.stringify({ code: 'invalid_argument', message: `the password ${text} is refused` });
      const headers = { 'x-request-id': text, 'content-type': 'application/json' };
      const failure = classifyAnswer('create', { status: 400, headers, body }, NOW, [password]);
      expect(failure.message).toContain('[secret]');
      expect(failure.message).not.toContain(text);
      expect(failure.providerRequestId).not.toContain(text);
    }
  });

  it('never repeats what a proxy wrote', () => {
    expect(classifyAnswer('create', html(502), NOW).message).not.toContain('<');
  });

  it.each([
    [{ 'x-request-id': 'abc' }, 'abc'],
    [{ 'x-zitadel-request-id': 'def' }, 'def'],
    [{ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }, '4bf92f3577b34da6a3ce929d0e0e4736'],
    [{}, undefined],
  ])('keeps the request id of %j', (headers, id) => {
    expect(classifyAnswer('create', html(503, headers), NOW).providerRequestId).toBe(id);
  });
});

describe('classifyAnswer on a request for a token', () => {
  const oauth = (status: number, error: string, description = 'Errors.Simulated') => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error, error_description: description }),
  });

  it.each([
    [oauth(400, 'invalid_grant'), 'configuration', 'PROVIDER_KEY_REFUSED'],
    [oauth(401, 'invalid_client'), 'configuration', 'PROVIDER_KEY_REFUSED'],
    [oauth(404, 'invalid_request', 'Errors.AuthNKey.NotFound'), 'configuration', 'PROVIDER_KEY_REFUSED'],
    [html(401), 'configuration', 'PROVIDER_KEY_REFUSED'],
    [oauth(500, 'server_error', 'Errors.Internal'), 'transient', 'PROVIDER_TOKEN_REQUEST_FAILED'],
    [oauth(503, 'temporarily_unavailable'), 'transient', 'PROVIDER_UNAVAILABLE'],
    [oauth(429, 'slow_down'), 'transient', 'PROVIDER_RATE_LIMITED'],
    [html(403), 'configuration', 'PROVIDER_PERMISSION_DENIED'],
    [html(404), 'configuration', 'PROVIDER_NOT_FOUND'],
    [html(302), 'configuration', 'PROVIDER_REDIRECTED'],
    [html(429), 'transient', 'PROVIDER_RATE_LIMITED'],
    [html(502), 'transient', 'PROVIDER_UNAVAILABLE'],
    [html(504), 'transient', 'PROVIDER_TIMEOUT'],
    [html(200), 'transient', 'PROVIDER_ANSWER_UNREADABLE'],
    [html(400), 'transient', 'PROVIDER_ANSWER_UNEXPECTED'],
  ] as const)('case %#: %j is %s, %s', (answer, expectedClass, code) => {
    expect(classifyAnswer('token', answer, NOW)).toMatchObject({ kind: 'failure', class: expectedClass, code });
  });

  it('says which request it was, in the provider’s words without the assertion', () => {
    const { message } = classifyAnswer('token', oauth(400, 'invalid_grant', 'bad eyJhbGci'), NOW, ['eyJhbGci']);
    expect(message).toContain('HTTP 400 to the request for a token');
    expect(message).toContain('“invalid_grant: bad [secret]”');
  });
});

describe('the look', () => {
  it('believes only Zitadel’s own "no such user"', () => {
    expect(saysUserIsAbsent(connect(404, 'not_found', 'QUERY-Dfbg2'))).toBe(true);
    expect(saysUserIsAbsent(connect(404, 'not_found', 'AUTHZ-cdgFk'))).toBe(false);
    expect(saysUserIsAbsent(connect(404, 'not_found'))).toBe(false);
    expect(saysUserIsAbsent(html(404))).toBe(false);
    const wrongHost = 'unable to set instance using origin x (ExternalDomain is y): ID=QUERY-1kIjX Message=m';
    const body = JSON.stringify({ code: 'not_found', message: wrongHost });
    expect(saysUserIsAbsent({ status: 404, headers: {}, body })).toBe(false);
  });

  it('is never unknown: it changes nothing', () => {
    expect(classifyAnswer('find', html(200), NOW)).toMatchObject({ code: 'PROVIDER_ANSWER_UNREADABLE' });
    expect(classifyAnswer('setPassword', html(200), NOW)).toMatchObject({ class: 'transient' });
    const vanished = classifyAnswer('setPassword', connect(404, 'not_found', 'COMMAND-G8dh3'), NOW);
    expect(vanished).toMatchObject({ class: 'transient', code: 'ACCOUNT_VANISHED' });
  });
});

describe('classifyBrokenCall', () => {
  const call = (changes: Partial<BrokenCall>): BrokenCall => ({
    wasSent: true,
    cause: 'connection',
    errorCode: 'UND_ERR_SOCKET',
    ...changes,
  });

  it.each([
    ['create', call({ wasSent: false, errorCode: 'ECONNREFUSED' }), 'transient', 'PROVIDER_UNREACHABLE'],
    ['create', call({ wasSent: false, errorCode: 'ENOTFOUND' }), 'transient', 'PROVIDER_DNS_FAILED'],
    ['token', call({ wasSent: false, errorCode: 'EAI_AGAIN' }), 'transient', 'PROVIDER_DNS_FAILED'],
    ['token', call({ cause: 'deadline' }), 'transient', 'PROVIDER_TIMEOUT'],
    ['token', call({}), 'transient', 'PROVIDER_CONNECTION_LOST'],
    ['create', call({ wasSent: false, errorCode: 'UND_ERR_CONNECT_TIMEOUT' }), 'transient', 'PROVIDER_UNREACHABLE'],
    ['create', call({ wasSent: false, errorCode: 'CERT_HAS_EXPIRED' }), 'transient', 'PROVIDER_TLS_FAILED'],
    ['create', call({ wasSent: false, errorCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'transient', 'PROVIDER_TLS_FAILED'],
    ['create', call({ wasSent: false, errorCode: 'UND_ERR_INVALID_ARG' }), 'configuration', 'PROVIDER_TOKEN_INVALID'],
    ['create', call({ wasSent: false, cause: 'deadline' }), 'transient', 'PROVIDER_TIMEOUT'],
    ['create', call({ cause: 'deadline' }), 'unknown', 'OUTCOME_UNKNOWN'],
    ['create', call({}), 'unknown', 'OUTCOME_UNKNOWN'],
    ['create', call({ cause: 'too-large' }), 'unknown', 'OUTCOME_UNKNOWN'],
    ['find', call({ cause: 'deadline' }), 'transient', 'PROVIDER_TIMEOUT'],
    ['find', call({}), 'transient', 'PROVIDER_CONNECTION_LOST'],
    ['find', call({ cause: 'too-large' }), 'transient', 'PROVIDER_ANSWER_UNREADABLE'],
    ['setPassword', call({ cause: 'deadline' }), 'transient', 'PROVIDER_TIMEOUT'],
  ] as const)('%s, %j: %s %s', (operation, broken, expectedClass, code) => {
    expect(classifyBrokenCall(operation, broken)).toMatchObject({ class: expectedClass, code });
  });
});

describe('retryAfterMs', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 0],
    ['999999', MAX_RETRY_AFTER_MS],
    ['99999999999999999999999999', MAX_RETRY_AFTER_MS],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sun, 01 Mar 2026 23:00:00 GMT', MAX_RETRY_AFTER_MS],
    ['Sun, 01 Mar 2026 11:00:00 GMT', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['2030', 2_030_000],
    ['soon', undefined],
    ['Someday, GMT', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %j', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });
});

describe('for whatever an answer may hold', () => {
  const anyAnswer = fc.record({
    status: fc.integer({ min: 200, max: 599 }),
    headers: fc.record(
      { 'retry-after': fc.string(), 'x-request-id': fc.string({ unit: 'binary' }), 'content-type': fc.string() },
      { requiredKeys: [] },
    ),
    body: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .record(
          {
            code: fc.oneof(fc.integer(), fc.string()),
            message: fc.string({ unit: 'binary' }),
            details: fc.jsonValue(),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    ),
  });

  it('gives a listed code with its class, a bounded delay, one printable line, and unknown only for create', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OPERATIONS), anyAnswer, (operation, answer) => {
        const failure = classifyAnswer(operation, answer, NOW);
        expect(failure.class).toBe(definitionOf(failure.code)?.class);
        expect(failure.message).not.toMatch(/[\p{Cc}\u2028]/u);
        if (failure.retryAfterMs !== undefined) {
          expect(failure.retryAfterMs).toBeGreaterThanOrEqual(0);
          expect(failure.retryAfterMs).toBeLessThanOrEqual(MAX_RETRY_AFTER_MS);
        }
        if (failure.class === 'unknown') expect(operation).toBe('create');
        if (operation === 'create' && answer.status === 404) expect(failure.class).toBe('configuration');
      }),
    );
  });
});
