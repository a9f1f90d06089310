/**
 * One request must not block the others: whatever a megabyte contains, the event loop turns again within 200 ms.
 * test/long/loop.test.ts covers all shapes, long texts in every argument, and random requests.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { DOCUMENTS, ENVELOPES, VARIABLES } from '../support/hostile-shapes.ts';
import { LONGEST_TURN_MS, longestTurn, startMeasured } from '../support/measured-node.ts';
import { createProcesses, type ServerProcess } from '../support/process.ts';

const processes = createProcesses();
let database: TestDatabase;
let node: ServerProcess;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 2 });
  node = await startMeasured(processes, database.url);
});
afterAll(async () => {
  await processes.endAll();
  await database?.drop();
});

const wrongVariables = VARIABLES.filter(({ what }) => what.includes('with directives'));
const dearDocuments = DOCUMENTS.filter(({ what }) =>
  /245 fragments|long arguments|inline fragments$|2,400 times/.test(what),
);
const dearEnvelopes = ENVELOPES.filter(({ what }) => /brackets|batch|100,000 keys/.test(what));
const SHAPES = [...wrongVariables, ...dearDocuments, ...dearEnvelopes];

test('there are shapes of every kind', () => {
  expect([wrongVariables.length, dearDocuments.length, dearEnvelopes.length]).toEqual([36, 5, 6]);
});

test.each(SHAPES)('$what holds the loop for no longer than it may', async (shape) => {
  const { ms, status, text } = await longestTurn(node, shape);
  expect(ms, text.slice(0, 300)).toBeLessThan(LONGEST_TURN_MS);
  expect(status, text.slice(0, 300)).toBeLessThan(500);
});
