/** Names of jobs: one that no node has ever registered is refused, rather than answered with nothing. */
import type { Queryable } from '../../database/database.ts';
import { NotFoundError } from '../../refusals.ts';

/** The refusal for a name that no job has. */
export const unknownJob = (jobName: string, known: readonly string[]): NotFoundError =>
  new NotFoundError(`There is no job named "${jobName}". The jobs are ${known.join(', ')}.`);

/** The jobs that any node has registered, by name. */
export async function loadJobNames(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ name: string }>('SELECT name FROM auth.job_schedules ORDER BY name');
  return rows.map(({ name }) => name);
}

/** Throws NotFoundError, which names the jobs, for a name that no job has. */
export async function requireJob(db: Queryable, jobName: string): Promise<void> {
  const names = await loadJobNames(db);
  if (!names.includes(jobName)) throw unknownJob(jobName, names);
}
