/** DNS rebinding: a web page that points its host name at this server gets no data. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let app: TestApp;
beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({ url: database.url });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const statusFor = (host: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(new URL(path, app.url), { headers: { host, 'x-graphql-yoga-csrf': '1' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

it.each(['/graphql?query={__typename}', '/metrics', '/health/live'])(
  '%s answers to loopback names only',
  async (path) => {
    expect(await statusFor('evil.example', path)).toBe(421);
    expect(await statusFor('localhost:4000', path)).toBe(200);
    expect(await statusFor('127.0.0.1', path)).toBe(200);
  },
);
