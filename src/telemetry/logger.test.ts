import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from './logger.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A stand-in for Seq's ingestion endpoint: keeps the lines it is sent. */
async function startSeq(): Promise<{ url: string; lines: Record<string, unknown>[]; paths: string[] }> {
  const lines: Record<string, unknown>[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url?.split('?')[0]}`);
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const events = JSON.parse(body) as { Events: Record<string, unknown>[] };
      lines.push(...events.Events);
      response.writeHead(201).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines, paths };
}

it('sends every line to Seq too, with its fields and without its secrets', async () => {
  const seq = await startSeq();
  const { logger, flush } = createLog({ level: 'info', format: 'json', nodeName: 'n1', seqUrl: seq.url });
  logger.error({ entryId: 'e1', password: 'correct horse', input: { token: 'abc-token' } }, 'Failed to execute job');
  logger.debug('too quiet for this level');
  await flush();
  // A flush waits for two seconds at most, and the machine may be busy.
  await expect.poll(() => seq.lines.length, { timeout: 10_000 }).toBe(1);
  expect(seq.paths).toContain('POST /api/events/raw');
  expect(seq.lines[0]).toMatchObject({
    Level: 'Error',
    MessageTemplate: 'Failed to execute job',
    Properties: { entryId: 'e1', nodeName: 'n1' },
  });
  expect(JSON.stringify(seq.lines)).not.toMatch(/correct horse|abc-token/);
});

it('does not hold up the process when Seq is away', async () => {
  const { url } = await startSeq();
  closers.pop()?.();
  const { logger, flush } = createLog({ level: 'info', format: 'json', nodeName: 'n1', seqUrl: url });
  logger.info('a line');
  const begun = performance.now();
  await flush();
  expect(performance.now() - begun).toBeLessThan(3_000);
});

describe('what is quoted in a line', () => {
  const FORGED = [
    'a name\n[12:00:00.000] INFO: admin signed in',
    'cr\rINFO: overwritten',
    '\n  begun like a report\n[12:00:00.000] INFO: admin signed in',
    '\u001b[2J\u001b[31mcleared',
    '\u009b31mcsi',
    'user \u202egnp.exe',
    'line\u2028separator',
  ];
  /** Prints real lines in a process of its own, as the server does, and answers what came out of it. */
  const printed = (format: string): string => {
    const code = `
      const { createLog } = await import(${JSON.stringify(new URL('./logger.ts', import.meta.url).href)});
      const { logger } = createLog({ level: 'info', format: '${format}', nodeName: 'n1' });
      const texts = ${JSON.stringify(FORGED)};
      for (const text of texts) {
        logger.info({ fullName: text, [text]: 1, nested: { deep: [text] } }, text);
        logger.error({ err: new Error(text) }, 'A request failed');
      }
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    expect(stderr).toBe('');
    return stdout;
  };

  it.each(['json', 'pretty'])('cannot forge a line or steer the terminal (%s)', (format) => {
    const text = printed(format);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
    // A line of its own begins at its left edge; what a stack quotes is indented.
    const begun = text.split('\n').filter((line) => /^[^\s]/.test(line));
    if (format === 'json') for (const line of begun) expect(JSON.parse(line)).toHaveProperty('level');
    else for (const line of begun) expect(line).toMatch(/^\[[\d:.]+\] (INFO|ERROR): |^\}/);
    expect(begun.filter((line) => /^(\[12:00:00.000\]|INFO)/.test(line))).toEqual([]);
    expect(begun.filter((line) => format === 'json' || line.startsWith('['))).toHaveLength(2 * FORGED.length);
  });
});
