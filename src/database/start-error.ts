/**
 * An error that prevents the start, in one sentence: what is wrong, where, and what to do. The process
 * prints only the message, without a stack, and exits with 1. Any other error at start is a fault and is
 * printed in full.
 */
export class StartError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StartError';
  }
}
