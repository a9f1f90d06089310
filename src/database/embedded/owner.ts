/**
 * The server’s database and the role that owns it: the role for all connections of the server, the
 * migrations and psql. It is not a superuser, so SQL access gives access to the data, but not to files or
 * programs. The superuser is for maintenance of the cluster and has another password.
 */
import pg from 'pg';

export const DATABASE = 'family_hub';
export const OWNER = 'family_hub';

// An arbitrary number that no other lock in the database "postgres" uses.
const SETUP_LOCK = 7_121_306_002;

/**
 * Builds the statements that give the owner everything in a database that the superuser owns, except
 * PostgreSQL’s own objects.
 */
const GIVE_AWAY = `
  SELECT format('ALTER SCHEMA %I OWNER TO ${OWNER}', nspname) AS statement
    FROM pg_namespace
   WHERE nspowner = 10 AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT format('ALTER %s %I.%I OWNER TO ${OWNER}',
                CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                             WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, nspname, relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
   WHERE relowner = 10 AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
     AND nspname !~ '^pg_' AND nspname <> 'information_schema'
     AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
                                             AND deptype IN ('a', 'i', 'e') AND objsubid = 0 AND refobjsubid <> 0)
  UNION ALL
  SELECT format('ALTER ROUTINE %s OWNER TO ${OWNER}', pg_proc.oid::regprocedure)
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
   WHERE proowner = 10 AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT format('ALTER TYPE %I.%I OWNER TO ${OWNER}', nspname, typname)
    FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
   WHERE typowner = 10 AND typtype IN ('e', 'd', 'r') AND nspname !~ '^pg_' AND nspname <> 'information_schema'`;

/**
 * Creates the database if it is missing, and makes its owner, an ordinary role with this password, own
 * everything in it. Objects that an earlier version created as the superuser are given to the owner.
 * Resolves to true in the one process that created the database. `superuser` returns the superuser’s URL of
 * a database.
 */
export async function prepareDatabase(superuser: (database: string) => string, password: string): Promise<boolean> {
  return connected(superuser('postgres'), async (client) => {
    // Released when the connection closes.
    await client.query('SELECT pg_advisory_lock($1)', [SETUP_LOCK]);
    const { rowCount: roles } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [OWNER]);
    await client.query(
      `${roles === 0 ? 'CREATE' : 'ALTER'} ROLE ${OWNER} LOGIN PASSWORD ${pg.escapeLiteral(password)}
         NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`,
    );
    const { rows } = await client.query<{ owner: string }>(
      'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
      [DATABASE],
    );
    if (rows[0] === undefined) {
      await client.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
      return true;
    }
    if (rows[0].owner !== OWNER) await client.query(`ALTER DATABASE ${DATABASE} OWNER TO ${OWNER}`);
    await connected(superuser(DATABASE), giveAway);
    return false;
  });
}

/** In one transaction: a database that is half given away could be neither migrated nor used. */
async function giveAway(client: pg.Client): Promise<void> {
  await client.query('BEGIN');
  const { rows } = await client.query<{ statement: string }>(GIVE_AWAY);
  for (const { statement } of rows) await client.query(statement);
  await client.query('COMMIT');
}

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'family-hub-jobs setup',
    connectionTimeoutMillis: 5_000,
  });
  // A connection that breaks fails its statement; without a listener, the error event would also end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
