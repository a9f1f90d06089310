/**
 * Waits until all promises in `work` have settled, at most `ms` milliseconds. Resolves to whether they
 * settled in time; never rejects. The timer keeps the process alive meanwhile.
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
