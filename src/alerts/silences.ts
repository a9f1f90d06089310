/**
 * Silences: an operator works on a problem, and no one is to be notified for a time. An alert that is raised
 * under a silence is visible; if it is still on when the silence ends, it is announced then.
 */
import { idempotencyKeyIssues } from '../access/idempotency.rules.ts';
import { once } from '../access/idempotency.ts';
import type { Queryable } from '../database/database.ts';
import { ALERT_CODES, isAlertCode } from '../diagnosis/conditions.ts';
import { type InputIssue, InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';

/** A longer silence would be forgotten. Fix the cause or change the threshold instead. */
const LONGEST_DAYS = 90;

export interface SilenceRequest {
  readonly alertId?: string | null;
  readonly rule?: string | null;
  readonly groupKey?: string | null;
  readonly until: Date;
  readonly reason: string;
  readonly idempotencyKey?: string | null;
}

export interface EndSilenceRequest {
  readonly silenceId: string;
  readonly reason?: string | null;
}

/**
 * Silences one alert, a rule, or one group of a rule. Throws InvalidInputError, NotFoundError,
 * InvalidStateError for an alert that is over, or IdempotencyConflictError.
 */
export async function silenceAlert(
  ctx: Context,
  request: SilenceRequest,
): Promise<{ silenceId: string; isReplay: boolean }> {
  const { alertId = null, rule = null, groupKey = null, until, reason, idempotencyKey } = request;
  const problems = problemsOf(request);
  const key = problems.length > 0 ? null : idempotencyKey;
  const call = { mutation: 'silenceAlert', key, input: { alertId, rule, groupKey, until, reason } };
  const { resultId, isReplay } = await unit(ctx, (tx) =>
    once(tx, ctx, call, async () => {
      const issues = [...problems, ...(await endProblems(tx, until))];
      if (issues.length > 0) throw new InvalidInputError(issues);
      if (alertId !== null) await requireOn(tx, alertId);
      if (rule !== null && !isAlertCode(rule)) throw unknownRule(rule);
      const [created] = await tx.query<{ id: string }>(
        `INSERT INTO auth.alert_silences (alert_id, rule, group_key, reason, created_by, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
        [alertId, rule, groupKey, reason, ctx.caller.name, until],
      );
      if (created === undefined) throw new Error('The silence was not created.');
      tx.happened('alertSilenced', {
        target: alertId === null ? { type: 'AlertRule', id: rule ?? '' } : { type: 'Alert', id: alertId },
        reason,
        after: { silenceId: created.id, rule, groupKey, until: until.toISOString() },
      });
      return created.id;
    }),
  );
  return { silenceId: resultId, isReplay };
}

/** Ends a silence early; `isChanged` is false if it had already ended. Throws NotFoundError. */
export const endSilence = (
  ctx: Context,
  { silenceId, reason }: EndSilenceRequest,
): Promise<{ silenceId: string; isChanged: boolean }> =>
  unit(ctx, async (tx) => {
    const [silence] = await tx.query<{ isOver: boolean; endsAt: Date }>(
      `SELECT ended_at IS NOT NULL OR ends_at <= clock_timestamp() AS "isOver", ends_at AS "endsAt"
       FROM auth.alert_silences WHERE id = $1 FOR UPDATE`,
      [silenceId],
    );
    if (silence === undefined)
      throw new NotFoundError(
        `There is no silence with the id ${silenceId}. List them with the query "alertSilences".`,
      );
    if (silence.isOver) return { silenceId, isChanged: false };
    await tx.query('UPDATE auth.alert_silences SET ended_at = clock_timestamp(), ended_by = $2 WHERE id = $1', [
      silenceId,
      ctx.caller.name,
    ]);
    tx.happened('silenceEnded', { id: silenceId, reason, before: { until: silence.endsAt.toISOString() } });
    return { silenceId, isChanged: true };
  });

function problemsOf({ alertId, rule, groupKey, reason, idempotencyKey }: SilenceRequest): InputIssue[] {
  const hasAlert = typeof alertId === 'string';
  const hasRule = typeof rule === 'string';
  return [
    ...(hasAlert === hasRule
      ? [
          {
            path: ['alertId'],
            code: 'REQUIRED',
            message: 'Give either this, for one alert, or rule, for all alerts of a rule.',
          },
        ]
      : []),
    ...(hasAlert && typeof groupKey === 'string'
      ? [
          {
            path: ['groupKey'],
            code: 'INVALID_VALUE',
            message: 'is only for a rule. Leave it out with alertId.',
          },
        ]
      : []),
    ...(reason === ''
      ? [
          {
            path: ['reason'],
            code: 'REQUIRED',
            message: 'is required: others will want to know why no one was notified.',
          },
        ]
      : []),
    ...idempotencyKeyIssues(idempotencyKey),
  ];
}

async function endProblems(db: Queryable, until: Date): Promise<InputIssue[]> {
  const [is] = await db.query<{ past: boolean; late: boolean }>(
    `SELECT $1::timestamptz <= clock_timestamp() AS past, $1::timestamptz > clock_timestamp() + $2 * interval '1 day' AS late`,
    [until, LONGEST_DAYS],
  );
  const message = is?.past
    ? 'This time has passed. Give a later one.'
    : is?.late
      ? `This is more than ${LONGEST_DAYS} days from now. Give an earlier time, and silence it again later if necessary.`
      : undefined;
  return message === undefined ? [] : [{ path: ['until'], code: is?.past ? 'IN_THE_PAST' : 'TOO_LATE', message }];
}

async function requireOn(db: Queryable, alertId: string): Promise<void> {
  const [alert] = await db.query<{ isOn: boolean; rule: string }>(
    'SELECT is_on AS "isOn", rule FROM auth.alerts WHERE id = $1',
    [alertId],
  );
  if (alert === undefined)
    throw new NotFoundError(`There is no alert with the id ${alertId}. List them with the query "alerts".`);
  if (!alert.isOn)
    throw new InvalidStateError(
      `This alert is over. To silence the next one of its kind, give rule: "${alert.rule}" instead of alertId.`,
    );
}

/** Returns the error for an unknown rule. */
export const unknownRule = (rule: string): NotFoundError =>
  new NotFoundError(`There is no alert rule "${rule}". The rules are ${ALERT_CODES.join(', ')}.`);
