/**
 * Writes schema.graphql, the API's text, for frontends, linters and reviews. The schema is built
 * over a pool that never connects and tools that refuse to work: only their shapes matter here.
 */
import { writeFile } from 'node:fs/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { printSchema } from 'graphql';
import pg from 'pg';
import { PrismaClient } from '../src/database/generated/prisma/client.ts';
import { buildSchema } from '../src/schema.ts';

/** The API as SDL, ending in a line break; needs no database. */
export function schemaText(): string {
  const unavailable = (): never => {
    throw new Error('This schema is for its text only.');
  };
  const prisma = new PrismaClient({ adapter: new PrismaPg(new pg.Pool(), { schema: 'auth' }) });
  const schema = buildSchema({
    db: {
      prisma,
      isPooled: false,
      outage: { explains: unavailable, warn: unavailable, answered: unavailable },
      query: unavailable,
      reading: { query: unavailable },
      transaction: unavailable,
      close: unavailable,
    },
    feed: {
      subscribe: unavailable,
      cursor: unavailable,
      patience: unavailable,
      listenerCount: unavailable,
      close: unavailable,
    },
    alerts: {
      loadSilences: unavailable,
      loadRules: unavailable,
      ruleNames: [],
      silence: unavailable,
      endSilence: unavailable,
    },
  });
  return `${printSchema(schema)}\n`;
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(new URL('../schema.graphql', import.meta.url), schemaText());
}
