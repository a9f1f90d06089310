/**
 * Waits until all of the work has settled, at most `ms` milliseconds. Resolves to whether it settled
 * in time; never rejects. The process stays alive meanwhile.
 */
export async function within(ms: number, ...work: readonly unknown[]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms), false);
  });
  const isInTime = await Promise.race([Promise.allSettled(work).then(() => true), late]);
  clearTimeout(timer);
  return isInTime;
}
