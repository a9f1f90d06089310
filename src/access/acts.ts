/** What people did, and why they said they did it: one line in the log each. */
import type { Logger } from '../telemetry/logger.ts';

/** Told by an operation once something was changed; `target` names what. */
export type Acted = (actor: string, action: string, reason: string | null | undefined, target: object) => void;

export const logActs =
  (logger: Logger): Acted =>
  (actor, action, reason, target) =>
    logger.info({ actor, action, reason: reason ?? undefined, ...target }, `${action} by ${actor}`);
