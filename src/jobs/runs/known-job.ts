/** Where a job's name only narrows what is read: one that nobody knows is refused, rather than answered with nothing. */
import type { PrismaClient } from '../../database/generated/prisma/client.ts';
import { unknownJob } from './runs.ts';

/** Throws NotFoundError, which names the jobs, for one that no node has ever registered. */
export async function requireJob(prisma: PrismaClient, jobName: string): Promise<void> {
  const schedules = await prisma.jobSchedule.findMany({ select: { name: true }, orderBy: { name: 'asc' } });
  const names = schedules.map(({ name }) => name);
  if (!names.includes(jobName)) throw unknownJob(jobName, names);
}
