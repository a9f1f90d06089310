/**
 * The list of all conditions: title, severity, texts and cure. Alerts, the explanations of schedules, the
 * overview and docs/alerts.md are derived from it. The slice that owns the tables queries the condition
 * (alerts/readings, jobs/schedules). Messages contain no timestamps: these have fields of their own, which
 * the page formats in the reader's time zone.
 */
import type { Said } from './condition.ts';
import { SYSTEM_CONDITIONS } from './system-conditions.ts';
import { WORK_CONDITIONS } from './work-conditions.ts';

export const CONDITIONS = { ...WORK_CONDITIONS, ...SYSTEM_CONDITIONS };

export type ConditionCode = keyof typeof CONDITIONS;
/** The facts that a condition's texts depend on. */
export type FactsOf<Code extends ConditionCode> = Parameters<(typeof CONDITIONS)[Code]['says']>[0];
/** The conditions that raise alerts. */
export type AlertCode = {
  [Code in ConditionCode]: (typeof CONDITIONS)[Code] extends { readonly alert: string } ? Code : never;
}[ConditionCode];

/** Returns the texts of a condition. */
export const said = <Code extends ConditionCode>(code: Code, facts: FactsOf<Code>): Said =>
  (CONDITIONS[code].says as (of: FactsOf<Code>) => Said)(facts);

/** Returns the title of a condition; for a rule that only another version knows, its name. */
export const titleOf = (code: string): string =>
  (CONDITIONS as Readonly<Record<string, { readonly title: string }>>)[code]?.title ?? code;

export const ALERT_CODES = (Object.keys(CONDITIONS) as ConditionCode[]).filter(
  (code): code is AlertCode => 'alert' in CONDITIONS[code],
);

export const isAlertCode = (code: string): code is AlertCode => (ALERT_CODES as readonly string[]).includes(code);
