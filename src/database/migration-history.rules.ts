/**
 * Decides which migrations a database still needs, and when to refuse it: the code runs only on exactly its
 * own schema.
 */
import { StartError } from './start-error.ts';

/** A migration in this version of the code. */
export interface KnownMigration {
  /** The folder’s name, for example `20261125000000_initial`; migrations are applied in the order of their names. */
  readonly name: string;
  /** SHA-256 of migration.sql, in hexadecimal, as Prisma stores it. */
  readonly checksum: string;
}

/** A row of `_prisma_migrations`. */
export interface RecordedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly isFinished: boolean;
  readonly isRolledBack: boolean;
}

/**
 * Returns the names of the migrations to apply, in order. Throws a StartError when the database was
 * migrated by other code (newer, or with other content), or when a migration did not finish.
 */
export function pendingMigrations(
  known: readonly KnownMigration[],
  recorded: readonly RecordedMigration[],
): readonly string[] {
  const standing = recorded.filter((row) => !row.isRolledBack);
  const checksums = new Map(known.map(({ name, checksum }) => [name, checksum]));
  const newestKnown = known.at(-1)?.name ?? 'none';

  const unknown = standing.filter(({ name }) => !checksums.has(name)).map(({ name }) => name);
  const newestUnknown = unknown.toSorted().at(-1);
  if (newestUnknown !== undefined) {
    throw new StartError(
      newestUnknown > newestKnown
        ? `The database is newer than this server: it is at migration ${newestUnknown}, and this server knows them up to ${newestKnown}; start the newer server.`
        : `The database has migration ${newestUnknown}, which this server (up to ${newestKnown}) does not know: start the server that applied it, or use another database.`,
    );
  }

  const unfinished = standing.find((row) => !row.isFinished);
  if (unfinished !== undefined) {
    throw new StartError(
      `Migration ${unfinished.name} was begun on this database and did not finish: bring the schema to the state before or after it, then run "npx prisma migrate resolve --rolled-back ${unfinished.name}" or "--applied ${unfinished.name}", and start again.`,
    );
  }

  const changed = standing.find(({ name, checksum }) => checksums.get(name) !== checksum);
  if (changed !== undefined) {
    throw new StartError(
      `Migration ${changed.name} was changed after it had been applied to this database (its checksum differs): restore its file as it was, and put the change into a new migration.`,
    );
  }

  const applied = new Set(standing.map(({ name }) => name));
  return known.map(({ name }) => name).filter((name) => !applied.has(name));
}
