/** Links, order and silences of alerts. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';

interface Subject {
  readonly kind: EnumOf<'AlertSubjectKind'>;
  readonly key: string | null;
}

export interface Way {
  readonly text: string;
  readonly href: string;
}

/** The page that shows an alert's subject; undefined where there is none. */
export function wayTo({ kind, key }: Subject): Way | undefined {
  const id = key === null ? undefined : encodeURIComponent(key);
  switch (kind) {
    case 'ALERT_RULE':
      return { text: 'See the rules', href: '/alerts?tab=rules' };
    case 'API_TOKEN':
      return { text: 'See the tokens', href: '/access' };
    case 'ENCRYPTION_KEY':
      return { text: 'See the keys', href: '/keys' };
    case 'FAILURE_GROUP':
      return id === undefined
        ? { text: 'See the failures', href: '/failures' }
        : { text: 'See the entries', href: `/queue?state=FAILED&failureGroup=${id}` };
    case 'IDENTITY_PROVIDER':
      return { text: 'See the identity provider', href: '/provider' };
    case 'JOB':
      return { text: 'See the job', href: id === undefined ? '/schedules' : `/schedules/${id}` };
    case 'NODE':
      return { text: 'See the nodes', href: '/nodes' };
    case 'OUTBOX':
      return { text: 'See the events', href: id === undefined ? '/events' : '/events?state=PARKED' };
    case 'QUEUE':
      return { text: 'See the queue', href: '/queue' };
    case 'WEBHOOK':
      return { text: 'See the webhook', href: id === undefined ? '/webhooks' : `/webhooks/${id}` };
    default:
      return undefined;
  }
}

const URGENCY: Readonly<Record<EnumOf<'AlertSeverity'>, number>> = { CRITICAL: 0, WARNING: 1, INFO: 2 };

interface Ranked {
  readonly severity: EnumOf<'AlertSeverity'>;
  readonly isSilenced: boolean;
  readonly raisedAt: string;
}

/** Sorts by: not silenced first, then severity, then newest. */
export const byUrgency = (a: Ranked, b: Ranked): number =>
  Number(a.isSilenced) - Number(b.isSilenced) ||
  URGENCY[a.severity] - URGENCY[b.severity] ||
  b.raisedAt.localeCompare(a.raisedAt);

interface Silence {
  readonly endsAt: string;
  readonly endedAt: string | null;
  readonly rule: string | null;
  readonly groupKey: string | null;
  readonly alert: { readonly id: string } | null;
}

export const isInForce = ({ endsAt, endedAt }: Pick<Silence, 'endsAt' | 'endedAt'>, now: number): boolean =>
  endedAt === null && Date.parse(endsAt) > now;

/** The longest active silence that covers a whole rule. */
export const silenceOfRule = <One extends Silence>(
  rule: string,
  silences: readonly One[],
  now: number,
): One | undefined =>
  longest(silences.filter((one) => isInForce(one, now) && one.rule === rule && one.groupKey === null));

/** The longest active silence that covers an alert. */
export function silenceOf<One extends Silence>(
  { id, rule, groupKey }: { readonly id: string; readonly rule: string; readonly groupKey: string },
  silences: readonly One[],
  now: number,
): One | undefined {
  return longest(
    silences
      .filter((one) => isInForce(one, now))
      .filter(
        (one) => one.alert?.id === id || (one.rule === rule && (one.groupKey === null || one.groupKey === groupKey)),
      ),
  );
}

const longest = <One extends Silence>(silences: readonly One[]): One | undefined =>
  silences.toSorted((a, b) => b.endsAt.localeCompare(a.endsAt))[0];
