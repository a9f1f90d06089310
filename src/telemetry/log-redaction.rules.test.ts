import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedaction, HIDDEN, redactedText } from './log-redaction.rules.ts';

const redacted = createRedaction();
const read = (value: object): unknown => JSON.parse(redacted(JSON.stringify(value)));
/** Letters and digits, as long as in real secrets. */
const SECRET = 'Zq7xK2mWv9TbR4nLpY8sHd3fGc6jA1eU0oIiQwEtXyB';

const NAMES = [
  'password',
  'encryptedPassword',
  'encrypted_password',
  'newPassword',
  'ADMIN_TOKEN',
  'accessToken',
  'refresh_token',
  'client_secret',
  'Authorization',
  'set-cookie',
  'X-Seq-ApiKey',
  'masterKey',
  'NEW_MASTER_KEY',
  'private_key',
  'invitation_display_code',
  'secrets',
];

describe('a field with a secret’s name', () => {
  const nested = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
    leaf: fc.oneof(fc.constant('word'), fc.integer(), fc.constant(null)),
    tree: fc.oneof(
      { maxDepth: 8 },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'input', 'user', 'msg', '__proto__'), tie('tree'), { maxKeys: 3 }),
    ),
  }));

  it('is hidden at any depth, whatever kind of value it has', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('a', 'variables', 'input'), fc.nat(2)), { maxLength: 9 }),
        fc.constantFrom(...NAMES),
        fc.constantFrom<unknown>(SECRET, [SECRET], { value: SECRET }),
        nested.tree,
        (path, name, secret, beside) => {
          const value = path.reduceRight<unknown>(
            (inner, step) => (typeof step === 'number' ? [beside, inner] : { [step]: inner, beside }),
            { [name]: secret },
          );
          const line = redacted(JSON.stringify({ value }));
          expect(line).not.toContain(SECRET);
          expect(line).toContain(HIDDEN);
        },
      ),
    );
  });

  it.each(NAMES)('%s', (name) => expect(read({ [name]: SECRET })).toEqual({ [name]: HIDDEN }));

  it('is one only if it ends so; counts and yes or no are none', () => {
    const plain = {
      passwordsDestroyed: 3,
      isPasswordReplaced: true,
      hasToken: true,
      tokens: 12,
      tokenPrefix: 'fhj_abcdefgh',
      tokenKind: 'key file',
      passwordPolicy: { minLength: 8 },
      token: null,
    };
    expect(read(plain)).toEqual(plain);
    expect(read({ password: 12345678 })).toEqual({ password: HIDDEN });
  });
});

describe('what looks like a secret within a text', () => {
  const JWE = `eyJhbGciOiJkaXIi.${''}.YWJjZGVmZ2hpamts.${SECRET}.dGFnZ3RhZ2d0YWdn`;
  it.each([
    ['an API token', `the token fhj_abcdefgh_${SECRET}abcdef is unknown`, /fhj_abcdefgh_\[redacted\] is unknown/],
    ['a webhook’s secret', `whsec_${SECRET}=`, /^whsec_\[redacted\]$/],
    ['a sealed password', `value ${JWE} of the row`, /^value \[redacted\] of the row$/],
    ['a JWT', `got eyJhbGciOiJSUzI1NiJ9.${SECRET}.${SECRET}`, /^got \[redacted\]$/],
    ['a header', `authorization: Bearer ${SECRET}`, /Bearer \[redacted\]/],
    ['basic credentials', `Basic ${SECRET}==`, /^Basic \[redacted\]$/],
    ['an address with a password', `at https://user:${SECRET}@host:8080/path?x=1`, /user:\[redacted\]@host:8080\/path/],
    ['PostgreSQL’s address', `postgresql://app:${SECRET}@db/jobs`, /^postgresql:\/\/app:\[redacted\]@db\/jobs$/],
    ['the same, with a slash', `Invalid URL: postgres://app:ab/${SECRET}/@x@db:5432/jobs`, /app:\[redacted\]@db:5432/],
    ['a query', `GET /callback?state=1&access_token=${SECRET}&b=2`, /access_token=\[redacted\]&b=2/],
    ['keywords of a connection', `host=db password=${SECRET} user=app`, /password=\[redacted\] user=app/],
    ['a quoted name', `"password"=${SECRET} user=app`, /"password"=\[redacted\] user=app/],
    ['a value that begins with a backslash', `password=\\${SECRET} user=app`, /password=\[redacted\] user=app/],
    ['keywords with quotes', `password='${SECRET} ${SECRET}' user=app`, /password='\[redacted\]' user=app/],
    ['JSON in a text', `answer {"user":"a","password":"${SECRET}","b":1}`, /"password":"\[redacted\]","b":1/],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ clientSecret: SECRET, b: 1 })), /\[redacted\].*b/],
    ['JSON with a quote in it', `answer {"password":"x\\"${SECRET}","b":1}`, /"password":"\[redacted\]","b":1/],
    ['JSON with a backslash at its end', `{"password":"${SECRET}\\\\","b":"c"}`, /"password":"\[redacted\]/],
    [
      'JSON in JSON with a quote in it',
      JSON.stringify(JSON.stringify({ password: `x"${SECRET}`, b: 1 })),
      /redacted.*b/,
    ],
    ['keywords with an escaped quote', `password="x\\"${SECRET}" user=app`, /password="\[redacted\]" user=app/],
    ['JSON in HTML', `{&quot;password&quot;:&quot;${SECRET}&quot;,&quot;b&quot;:1}`, /\[redacted\]&quot;,&quot;b/],
    ['JSON in an address', encodeURIComponent(`{"password":"${SECRET}","b":1}`), /redacted\]%22%2C%22b/],
    ['a query in an address', encodeURIComponent(`?a=1&token=${SECRET}&b=2`), /token%3D\[redacted\]%26b/],
    ['a document', `mutation { a(input: { password: "${SECRET}", b: 1 }) }`, /password: "\[redacted\]", b: 1/],
    ['an inspected object', `{ masterKey: '${SECRET}', b: 1 }`, /masterKey: '\[redacted\]', b: 1/],
    ['JSON that was cut off', `{"password":"${SECRET}`, /"password":"\[redacted\]/],
    ['a private key', `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\nend`, /^\[redacted\]\nend$/],
  ])('%s', (_what, text, left) => {
    expect(redactedText(text)).toMatch(left);
    expect(redactedText(text)).not.toContain(SECRET);
    // At every position in a line: the message, a stack, a deep value, a key.
    const line = redacted(JSON.stringify({ msg: text, err: { stack: text, a: [{ b: text }] }, [text]: 1 }));
    expect(line).not.toContain(SECRET);
  });

  it.each([
    'Family Hub Jobs 1.0.0 is ready at http://localhost:4000/graphql',
    'The identity provider refused the token; another one is tried once',
    'GET http://localhost:4000/users/@me',
    'the password: too short, and has no digit',
    'Basic settings, bearer of news',
    'somebody@example.com wrote to https://example.com/a:b@c',
    'at run (file:///app/src/access/tokens/tokens.ts:12:3)',
    'ManagedAccountRetryJob completed successfully',
    'postgresql://localhost:5432/jobs',
  ])('leaves "%s"', (text) => expect(redactedText(text)).toBe(text));
});

describe('a secret of the configuration', () => {
  it('is hidden wherever it stands, also escaped by JSON or for an address', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme-ascii' }), fc.string(), (secret, around) => {
        fc.pre(!HIDDEN.includes(secret) && !around.includes(secret));
        const hide = createRedaction([secret]);
        const value = { msg: `${around}${secret}`, a: [{ [`x ${secret}`]: encodeURIComponent(secret) }] };
        const left = hide(JSON.stringify(value));
        expect(left).not.toContain(JSON.stringify(secret).slice(1, -1));
        expect(left).toContain(HIDDEN);
      }),
    );
  });

  it('is hidden in HTML, base64 and JSON within JSON too', () => {
    const secret = `s3cret "<&'\\ in parts`;
    const hide = createRedaction([secret]);
    const html = 's3cret &quot;&lt;&amp;&#39;\\ in parts';
    const written = [html, Buffer.from(secret).toString('base64url'), JSON.stringify(JSON.stringify(secret))];
    for (const text of written) expect(hide(JSON.stringify({ msg: `it said ${text}` })), text).not.toMatch(/parts|czN/);
  });

  it('is not a short word, which would be hidden everywhere', () => {
    expect(createRedaction(['job'])('{"msg":"a job"}')).toBe('{"msg":"a job"}');
  });
});

it('leaves every line as it is that holds nothing of the kind, to the last byte', () => {
  const lines = fc.dictionary(
    fc.constantFrom('jobName', 'runId', 'counts', 'msg'),
    fc.oneof(fc.integer(), fc.stringMatching(/^[A-Z ,.\d]{0,40}$/)),
  );
  fc.assert(
    fc.property(lines, (value) => {
      const line = `${JSON.stringify(value)}\n`;
      expect(redacted(line)).toBe(line);
    }),
  );
});
