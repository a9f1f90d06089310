/**
 * The unit of work: one transaction and its side effects. An operation names what happened once
 * (`tx.happened`); the audit entry and the event are written in the same transaction, so that none exists
 * without the others. After the commit, a line is logged and the nodes are notified.
 */
import type { Queryable, Transactional } from '../database/database.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Act, SignedAct } from './audit-trail.ts';
import type { Context } from './context.ts';
import { CATALOG, type NewEvent } from './event-types.rules.ts';
import { type DetailsOf, FACTS, type FactName, type Happening, happening } from './facts.ts';
import type { Notice } from './notices.ts';

export interface UnitTransaction extends Transactional {
  /** Names what the unit did. Call it after the change itself, in the order in which things happened. */
  happened<Name extends FactName>(fact: Name, details: DetailsOf<Name>): void;
}

/** The part of the context that a unit needs. */
export type UnitContext = Pick<Context, 'db' | 'trail' | 'notices' | 'logger' | 'caller'>;

/**
 * Runs `work` in one transaction, on behalf of the context’s caller, and returns its result. If it throws,
 * everything is rolled back, and nothing is logged or sent. A statement that still runs a second after
 * `signal` aborts is cancelled.
 */
export async function unit<T>(
  { db, trail, notices, logger, caller }: UnitContext,
  work: (tx: UnitTransaction) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const facts: Happening[] = [];
  const acts: Act[] = [];
  const answer = await db.transaction(async (tx) => {
    const result = await work({
      query: tx.query,
      transaction: tx.transaction,
      happened: (name, details) => facts.push(happening(name, details)),
    });
    for (const fact of facts) acts.push(...actsOf(fact, caller));
    const events = facts.flatMap((fact) => eventsOf(fact, caller));
    if (events.length > 0) await recordEvents(tx, events);
    if (acts.length > 0) await trail.record(tx, ...acts);
    return result;
  }, signal);
  logActs(logger, acts);
  if (facts.length > 0) notices.notify(...noticesOf(facts));
  return answer;
}

/** Returns the signed audit entry of a fact, for statements that write the entry and the event themselves. */
export function signed<Name extends FactName>(
  { trail, caller }: Pick<Context, 'trail' | 'caller'>,
  name: Name,
  details: Omit<DetailsOf<Name>, 'payload'>,
): SignedAct {
  const [act] = actsOf({ fact: FACTS[name], details }, caller);
  if (act === undefined) throw new Error(`The fact ${name} has no audit entry.`);
  return trail.sign(act);
}

/** Sends the notices of facts; for use after the commit of statements that write their facts themselves. */
export function announce({ notices }: Pick<Context, 'notices'>, ...names: readonly FactName[]): void {
  notices.notify(...noticesOf(names.map((name) => ({ fact: FACTS[name], details: {} }))));
}

/** The notices for these facts, without duplicates. */
function noticesOf(facts: readonly Happening[]): Notice[] {
  const hasEvent = facts.some(({ fact, details }) => fact.event !== undefined && details.payload !== null);
  return [
    ...new Set<Notice>([
      'changes',
      ...facts.flatMap(({ fact }) => fact.wakes ?? []),
      ...(hasEvent ? ['outbox' as const] : []),
    ]),
  ];
}

/** The audit entry of a fact; empty if the fact has none. */
function actsOf({ fact, details }: Happening, caller: Context['caller']): Act[] {
  const { action, target: type } = fact;
  if (action === undefined) return [];
  const { id, familyId, reason, before, after } = details;
  const target = details.target ?? (type === undefined || id === undefined ? undefined : { type, id });
  return [{ caller, action, target, familyId, reason, before, after }];
}

function eventsOf({ fact: { event }, details }: Happening, caller: Context['caller']): NewEvent[] {
  const { payload, familyId = null } = details;
  if (event === undefined || payload === null || payload === undefined) return [];
  const aggregateId = details.aggregateId ?? details.id;
  if (aggregateId === undefined) throw new Error(`The fact behind ${event} was named without an id.`);
  const { aggregate } = CATALOG[event];
  // The event’s schema validates the payload, and drops the actor if the event has none.
  return [
    {
      eventType: event,
      aggregateType: aggregate,
      aggregateId,
      familyId,
      payload: { actor: caller.name, ...payload },
    } as NewEvent,
  ];
}

/** One line for each audit entry. */
export function logActs(logger: Logger, acts: readonly Act[]): void {
  for (const { caller, action, outcome = 'done', target, familyId, reason } of acts) {
    const line = {
      actor: caller.name,
      actorId: caller.id,
      action,
      outcome,
      target,
      familyId: familyId ?? undefined,
      reason: reason ?? undefined,
      requestId: caller.requestId ?? undefined,
    };
    logger.info(line, outcome === 'done' ? `${action} by ${caller.name}` : `${action} was denied to ${caller.name}`);
  }
}

const RECORD = `
  INSERT INTO auth.outbox_events (event_type, event_version, aggregate_type, aggregate_id, family_id, payload)
  SELECT type, version, "aggregateType", "aggregateId", "familyId", payload
  FROM jsonb_to_recordset($1::jsonb) AS e(
    place int, type text, version int, "aggregateType" text, "aggregateId" uuid, "familyId" uuid, payload jsonb)
  ORDER BY place`;

/**
 * Writes events, in order, in the caller’s transaction. A unit does this for its facts and wakes the
 * publisher after the commit; when called directly, it wakes nothing. Fields that are not in the catalog
 * are dropped. Throws if a payload does not match the catalog.
 */
export async function recordEvents(tx: Queryable, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ eventType: type, aggregateType, aggregateId, familyId = null, payload }, place) => {
    const { version, payload: schema } = CATALOG[type];
    return { place, type, version, aggregateType, aggregateId, familyId, payload: schema.parse(payload) };
  });
  await tx.query(RECORD, [JSON.stringify(rows)]);
}
