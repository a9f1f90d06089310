/** The type of a condition: something that needs attention, or keeps a job from running. conditions.ts lists them. */
import type { Thresholds } from '../config/alerts.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { Cure } from './cure.ts';
import { counted } from './wording.rules.ts';

/** The kind of object that a condition is about, so that a page can link to it. */
export type SubjectKind =
  | 'failure_group'
  | 'queue'
  | 'identity_provider'
  | 'job'
  | 'node'
  | 'outbox'
  | 'webhook'
  | 'encryption_key'
  | 'api_token'
  | 'database'
  | 'alert_rule';

/** The texts of a condition. Those of alerts leave the server, so they contain no names of people and no quotations. */
export interface Said {
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  readonly cure: Cure | null;
}

export interface Condition<Facts> {
  readonly title: string;
  readonly severity: AlertSeverity;
  readonly about: SubjectKind;
  /** What its alert means and when it ends; left out if no alert is raised. */
  readonly alert?: string;
  /** When the alert is raised; left out: at once. */
  readonly threshold?: (of: Thresholds) => string;
  readonly says: (facts: Facts) => Said;
}

/** Facts about a pause; alerts omit both. */
export interface Pause {
  readonly by?: string | null;
  readonly reason?: string | null;
}

export const pausedBy = ({ by, reason }: Pause): string =>
  `paused${by == null ? '' : ` by ${by}`}${reason == null ? '' : `: “${reason.trim()}”`}`;

/** A count; `isCut`: counting stopped at a limit, there may be more. */
export interface Amount {
  readonly count: number;
  readonly isCut?: boolean;
}

export const amount = ({ count, isCut = false }: Amount, one: string, many?: string): string =>
  `${isCut ? 'At least ' : ''}${counted(count, one, many)}`;

export const cure = (label: string, mutation: string, input: Cure['input'] = {}): Cure => ({ label, mutation, input });

/** Declares a condition that raises an alert. */
export const alert = <Facts>(of: Condition<Facts> & { readonly alert: string }) => of;
/** Declares a condition that is only shown. */
export const shown = <Facts>(of: Condition<Facts>) => of;
