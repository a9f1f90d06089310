/**
 * The server's own database and the role that owns it: all that the server, the migrations and
 * psql connect as. It is no superuser, so whoever has SQL has the data and neither files nor
 * programs. The superuser is for looking after the cluster, with a password of its own.
 */
import pg from 'pg';

export const DATABASE = 'family_hub';
export const OWNER = 'family_hub';

// Any number that no one else locks, in the database "postgres".
const SETUP_LOCK = 7_121_306_002;

/** What the superuser owns in a database beside PostgreSQL's own, as the statements that give it away. */
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
 * Sees to it that the database is there and that its owner, an ordinary role with the password,
 * owns all that is in it; true for the one process that made it. What an earlier version left to
 * the superuser is given to the owner. `superuser` answers the URL of a database for the superuser.
 */
export async function prepareDatabase(superuser: (database: string) => string, password: string): Promise<boolean> {
  return connected(superuser('postgres'), async (client) => {
    // Given back with the connection.
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

/** In one transaction: what is half given away could be neither migrated nor used. */
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
  // One that breaks fails its statement; the event beside that would end us too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
