/**
 * "Cannot start" in one plain sentence: what is wrong, where, what to do. Whoever starts the
 * process prints the message alone and exits with 1; a stack would hide it. Everything else that
 * is thrown while starting is a fault and is shown whole.
 */
export class StartError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'StartError';
  }
}
