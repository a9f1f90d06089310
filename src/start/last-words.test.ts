import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { startSeq } from '../../test/support/seq.ts';

const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);

it.each([
  ['uncaughtException', `setTimeout(() => { throw new Error('broken whsec_c2VjcmV0c2VjcmV0'); });`],
  ['unhandledRejection', `void Promise.reject(new Error('broken whsec_c2VjcmV0c2VjcmV0'));`],
])('the log and Seq have an error that ended the process: %s', async (origin, fault) => {
  const seq = await startSeq();
  const code = `
    const { createLog } = await import(${here('../telemetry/logger.ts')});
    const { endOnUncaught } = await import(${here('./last-words.ts')});
    endOnUncaught(createLog({ level: 'info', format: 'json', nodeName: 'n1', seqUrl: '${seq.url}' }));
    setInterval(() => {}, 1_000);
    ${fault}
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    env: { PATH: process.env.PATH },
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(await exited).toBe(1);
  await seq.close();
  const line = { level: 60, origin, err: { message: 'broken whsec_[redacted]' } };
  expect([JSON.parse(stdout), stderr]).toMatchObject([line, '']);
  expect(seq.search('Uncaught error: the process exits', 'Fatal')).toHaveLength(1);
});
