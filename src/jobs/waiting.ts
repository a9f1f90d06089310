/** Waiting for work to end, but not for ever: what a stop needs. */

/** Resolves when all have settled, or after `milliseconds`, whichever is first. Never rejects. */
export async function settleWithin(work: readonly Promise<unknown>[], milliseconds: number): Promise<void> {
  if (work.length === 0 || milliseconds <= 0) return;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.allSettled(work), deadline]);
  clearTimeout(timer);
}
