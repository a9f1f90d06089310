/** Starts provider.ts as a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface ProviderProcess {
  readonly url: string;
  /**
   * Waits until the provider counts its next `count` requests for accounts; `arrived` then resolves to the arrival of
   * the last of them in epoch milliseconds. One at a time.
   */
  expect(count: number): Promise<{ readonly arrived: Promise<number> }>;
  close(): void;
}

export async function startProvider(latencyMs: number): Promise<ProviderProcess> {
  const child = fork(new URL('./provider.ts', import.meta.url), [String(latencyMs)], {
    execArgv: ['--import', 'tsx'],
  });
  const next = async (): Promise<number> => ((await once(child, 'message')) as [number])[0];
  const port = await next();
  return {
    url: `http://127.0.0.1:${port}`,
    async expect(count) {
      child.send(count);
      await next();
      return { arrived: next() };
    },
    close: () => child.disconnect(),
  };
}
