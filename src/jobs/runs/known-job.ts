/** Job names: a name that no node has ever registered is refused instead of returning an empty result. */
import type { Queryable } from '../../database/database.ts';
import { NotFoundError } from '../../refusals.ts';

/** The refusal for an unknown job name. */
export const unknownJob = (jobName: string, known: readonly string[]): NotFoundError =>
  new NotFoundError(`There is no job named "${jobName}". The jobs are ${known.join(', ')}.`);

/** The names of the jobs that any node has registered, sorted. */
export async function loadJobNames(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ name: string }>('SELECT name FROM auth.job_schedules ORDER BY name');
  return rows.map(({ name }) => name);
}

/** Throws NotFoundError, which lists the jobs, for an unknown job name. */
export async function requireJob(db: Queryable, jobName: string): Promise<void> {
  const names = await loadJobNames(db);
  if (!names.includes(jobName)) throw unknownJob(jobName, names);
}
