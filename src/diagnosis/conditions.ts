/**
 * Every condition of the system, once: its title, severity, words and cure. Alerts, the explanations
 * of schedules, the overview and docs/alerts.md are views of this list. The slice whose tables show a
 * condition reads it (alerts/readings, jobs/schedules). No message carries an instant: it stands in a
 * field beside it, and the page formats it in the reader's time zone.
 */
import type { Said } from './condition.ts';
import { SYSTEM_CONDITIONS } from './system-conditions.ts';
import { WORK_CONDITIONS } from './work-conditions.ts';

export const CONDITIONS = { ...WORK_CONDITIONS, ...SYSTEM_CONDITIONS };

export type ConditionCode = keyof typeof CONDITIONS;
/** What the words of a condition depend on. */
export type FactsOf<Code extends ConditionCode> = Parameters<(typeof CONDITIONS)[Code]['says']>[0];
/** The conditions that raise alerts. */
export type AlertCode = {
  [Code in ConditionCode]: (typeof CONDITIONS)[Code] extends { readonly alert: string } ? Code : never;
}[ConditionCode];

/** The condition in words. */
export const said = <Code extends ConditionCode>(code: Code, facts: FactsOf<Code>): Said =>
  (CONDITIONS[code].says as (of: FactsOf<Code>) => Said)(facts);

/** Of an alert whose rule another version knew, its name. */
export const titleOf = (code: string): string =>
  (CONDITIONS as Readonly<Record<string, { readonly title: string }>>)[code]?.title ?? code;

export const ALERT_CODES = (Object.keys(CONDITIONS) as ConditionCode[]).filter(
  (code): code is AlertCode => 'alert' in CONDITIONS[code],
);

export const isAlertCode = (code: string): code is AlertCode => (ALERT_CODES as readonly string[]).includes(code);
