/**
 * "Cannot start" in one plain sentence: what is wrong, where, what to do. The process prints the
 * message alone, without a stack, and exits with 1. Any other error at the start is a fault and is
 * printed whole.
 */
export class StartError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StartError';
  }
}
