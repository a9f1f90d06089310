import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SeqStandIn, startSeq } from '../../test/support/seq.ts';
import { createLog } from './logger.ts';

/** Secrets that must not appear in the log, in every format that secrets of ours or of the configuration have. */
const SECRETS = {
  configured: 'plain words of a "master" key ü',
  apiKey: 'seq-api-key-0815',
  byName: 'correct-horse-battery',
  token: `fhj_abcdefgh_${'t0k3n'.repeat(10)}`,
  webhook: 'whsec_d2ViaG9va3NlY3JldA==',
  sealed: 'eyJhbGciOiJkaXIi..aXZpdml2aXZpdml2.c2VhbGVkc2VhbGVk.dGFndGFndGFn',
  bearer: 'Zq7xK2mWv9TbR4nLpY8s',
  inUrl: 'p4ss-in-url',
};
const FORGED = [
  'a name\n[12:00:00.000] INFO: admin signed in',
  'cr\rINFO: overwritten',
  '\n  begun like a report\n[12:00:00.000] INFO: admin signed in',
  '\u001b[2J\u001b[31mcleared',
  '\u009b31mcsi',
  'user \u202egnp.exe',
  'line\u2028separator',
];
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
/** For each level: as fields, in the message, and in errors and their causes. */
const SECRET_LINES = LEVELS.length * 4;

/** Logs real lines in a separate process, as the server does, and returns its output. */
async function printed(format: string, seqUrl: string): Promise<string> {
  const code = `
    const { createLog } = await import(${JSON.stringify(new URL('./logger.ts', import.meta.url).href)});
    const s = ${JSON.stringify(SECRETS)};
    const { logger, flush } = createLog({ level: 'trace', format: '${format}', nodeName: 'n1',
      seqUrl: '${seqUrl}', seqApiKey: s.apiKey, secrets: [s.configured] });
    for (const text of ${JSON.stringify(FORGED)}) {
      logger.info({ fullName: text, [text]: 1, nested: { deep: [text] } }, text);
      logger.error({ err: new Error(text) }, 'A request failed');
    }
    const url = 'postgresql://app:' + s.inUrl + '@db.example:5432/jobs';
    const texts = [s.configured, s.apiKey, s.token, s.webhook, s.sealed, url, 'Bearer ' + s.bearer,
      '{"password":"' + s.byName + '"}', 'GET /x?access_token=' + s.byName];
    const child = logger.child({ headers: { authorization: 'Bearer ' + s.bearer, cookie: 'session=' + s.byName } });
    for (const level of ${JSON.stringify(LEVELS)}) {
      child[level]({ variables: { input: { a: [{ password: s.byName, b: { c: { newPassword: s.byName } } }] } }, texts }, 'fields');
      logger[level]('message ' + texts.join(' ; '));
      const text = texts.join('\\n');
      const error = new Error('broken: ' + text, { cause: new AggregateError([new Error(text)], 'cause ' + text) });
      logger[level]({ err: Object.assign(error, { input: url, detail: text, encrypted_password: s.sealed }) }, 'error');
      logger[level](new Error(text));
    }
    await flush();
  `;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', code],
    { env: { PATH: process.env.PATH } },
  );
  expect(stderr).toBe('');
  return stdout;
}

describe.each(['json', 'pretty'] as const)('the log as %s', (format) => {
  let seq: SeqStandIn;
  let text: string;
  beforeAll(async () => {
    seq = await startSeq();
    text = await printed(format, seq.url);
  });
  afterAll(() => seq.close());

  it('has nothing in it that could forge a line or steer the terminal', () => {
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
    // A real log line begins at the left edge; a quoted one in a stack is indented.
    const begun = text.split('\n').filter((line) => /^[^\s]/.test(line));
    if (format === 'json') for (const line of begun) expect(JSON.parse(line)).toHaveProperty('level');
    else for (const line of begun) expect(line).toMatch(/^\[[\d:.]+\] (TRACE|DEBUG|INFO|WARN|ERROR|FATAL): |^\}/);
    expect(begun.filter((line) => /^(\[12:00:00.000\]|INFO)/.test(line))).toEqual([]);
    expect(begun.filter((line) => format === 'json' || line.startsWith('['))).toHaveLength(
      2 * FORGED.length + SECRET_LINES,
    );
  });

  it.each(Object.entries(SECRETS))('has no secret in it, of whatever level and place: %s', (_name, secret) => {
    for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) {
      expect(text).not.toContain(form);
      expect(JSON.stringify(seq.events)).not.toContain(form);
    }
    // Proves that the search works: the text beside the secrets is there.
    expect(text.split('db.example:5432/jobs').length).toBeGreaterThan(SECRET_LINES / 2);
  });

  it('has every line that Seq has, with its level', () => {
    expect(seq.complaints).toEqual([]);
    expect(seq.events).toHaveLength(2 * FORGED.length + SECRET_LINES);
    const levels = seq.search('fields').map((event) => event['@l']);
    expect(levels).toEqual(['Verbose', 'Debug', 'Information', 'Warning', 'Error', 'Fatal']);
    expect(seq.search('error')[0]).toMatchObject({ '@x': expect.stringContaining('broken: '), nodeName: 'n1' });
  });
});

it('does not hold up the process when Seq is away, and says what Seq did not get', async () => {
  const gone = await startSeq();
  await gone.close();
  const { logger, flush, droppedLines } = createLog({
    level: 'info',
    format: 'json',
    nodeName: 'n1',
    seqUrl: gone.url,
  });
  logger.info('a line');
  logger.debug('too quiet for this level');
  const begun = performance.now();
  await flush();
  expect(performance.now() - begun).toBeLessThan(3_000);
  expect(droppedLines()).toBe(0);
});
