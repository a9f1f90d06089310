/** Data of the timeline: attempts by the page, audit entries, and circuit changes as far as the viewer may see them. */

import { useState } from 'react';
import { usePermission } from '../access/viewer.tsx';
import { client, serverNow } from '../graphql/client.ts';
import type { ResultOf } from '../graphql/graphql.ts';
import { problemOf } from '../graphql/problems.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { toast } from '../ui/toasts.tsx';
import {
  type AttemptPage,
  BatchActs,
  CircuitHistory,
  EarlierAttempts,
  type Entry,
  EntryActs,
  WholeEarlierAttempts,
} from './entry-query.ts';
import { enqueuerAmong, type Happening, joinPages, tell } from './timeline.rules.ts';
import { pausesOf } from './waits.rules.ts';

export interface StoryTold {
  readonly happenings: readonly Happening[];
  readonly onEarlier: (() => void) | undefined;
  readonly isLoadingEarlier: boolean;
  readonly omissions: readonly string[];
}

const NO_ATTEMPTS: AttemptPage = { nodes: [], pageInfo: { hasPreviousPage: false, startCursor: null } };

/** Audit entries and circuit changes around the entry; queried in parallel with the entry. */
export function useSurroundings(entryId: string) {
  const mayAudit = usePermission('auditEntries');
  const maySeeProvider = usePermission('identityProvider');
  const acts = useLiveQuery({
    query: EntryActs,
    variables: { entryId },
    on: ['QUEUED_CREATION'],
    isAbout: ({ QUEUED_CREATION }) => QUEUED_CREATION?.keys.has(entryId) === true,
    // The live stream does not publish pauses.
    everyMs: 10_000,
    isPaused: !mayAudit.isAllowed,
  });
  const circuit = useLiveQuery({
    query: CircuitHistory,
    variables: {},
    on: ['CIRCUIT'],
    isPaused: !maySeeProvider.isAllowed,
  });
  return { mayAudit, maySeeProvider, acts, circuit };
}

export type Surroundings = ReturnType<typeof useSurroundings>;

export function useStory(
  entry: Entry,
  { mayAudit, maySeeProvider, acts, circuit }: Surroundings,
  seesBeyond: boolean,
): StoryTold {
  const { entryId } = entry;
  const [earlier, setEarlier] = useState<readonly AttemptPage[]>([]);
  const [isLoadingEarlier, setLoading] = useState(false);
  const { attempts, hasEarlier, cursor } = joinPages(entry.attempts ?? NO_ATTEMPTS, earlier);

  const loadEarlier = async (before: string): Promise<void> => {
    setLoading(true);
    const variables = { entryId, before };
    const { data, error } = seesBeyond
      ? await client.query(WholeEarlierAttempts, variables).toPromise()
      : await client.query(EarlierAttempts, variables).toPromise();
    setLoading(false);
    const page = data?.queuedCreation?.attempts;
    if (error !== undefined) toast(problemOf(error), 'bad');
    if (page != null) setEarlier((known) => [...known, page]);
  };

  const enqueuer = useEnqueuer(entry, mayAudit.isAllowed && acts.data !== undefined && !isEnqueuingKnown(acts.data));
  const transitions = circuit.data?.identityProvider?.circuit.transitions ?? [];
  const known = acts.data?.auditEntries;
  const pauseActs = acts.data?.pauses;
  // With 100 transitions loaded, the oldest may be newer than the entry.
  const oldest = transitions.length < 100 ? undefined : transitions.at(-1)?.changedAt;
  const omissions = [
    mayAudit.isAllowed ? undefined : `Actions by people are not shown. ${mayAudit.reason ?? ''}`,
    maySeeProvider.isAllowed ? undefined : `Changes of the circuit are not shown. ${maySeeProvider.reason ?? ''}`,
    acts.problem === undefined ? undefined : `Actions by people could not be loaded: ${acts.problem}`,
    circuit.problem === undefined ? undefined : `Changes of the circuit could not be loaded: ${circuit.problem}`,
    known?.pageInfo.hasNextPage === true
      ? 'Only the last 50 actions are shown; the audit trail has all of them.'
      : undefined,
    oldest !== undefined && Date.parse(oldest) > Date.parse(entry.createdAt)
      ? 'Only the last 100 changes of the circuit are shown.'
      : undefined,
    mayAudit.isAllowed && !seesBeyond
      ? 'Pauses of the whole queue are not shown: you see only your family.'
      : undefined,
    pauseActs?.pageInfo.hasNextPage === true &&
    Date.parse(pauseActs.nodes.at(-1)?.at ?? '') > Date.parse(entry.createdAt)
      ? 'Only the last 50 pauses and resumptions are shown; the audit trail has all of them.'
      : undefined,
    entry.attempts === null ? 'Its attempts could not be loaded.' : undefined,
  ].filter((text) => text !== undefined);

  return {
    happenings: tell({
      entry,
      attempts,
      transitions,
      acts: known?.nodes ?? [],
      pauses: pausesOf(pauseActs?.nodes ?? [], entry.family?.familyId, serverNow()),
      enqueuer,
    }),
    onEarlier: hasEarlier && cursor !== null ? () => void loadEarlier(cursor) : undefined,
    isLoadingEarlier,
    omissions,
  };
}

const isEnqueuingKnown = ({ auditEntries }: ResultOf<typeof EntryActs>): boolean =>
  auditEntries?.nodes.some(({ action }) => action === 'enqueueAccount') === true;

/** An audit entry's timestamp is that of its transaction; a batch of a thousand entries takes some time. */
const AROUND = { beforeMs: 5_000, afterMs: 60_000 } as const;

/** Who enqueued the entry as part of a batch. */
function useEnqueuer({ entryId, createdAt, family }: Entry, isWanted: boolean): string | undefined {
  const began = Date.parse(createdAt);
  const { data } = useLiveQuery({
    query: BatchActs,
    variables: {
      familyId: family?.familyId ?? null,
      from: new Date(began - AROUND.beforeMs).toISOString(),
      to: new Date(began + AROUND.afterMs).toISOString(),
    },
    isPaused: !isWanted,
  });
  return enqueuerAmong(data?.auditEntries?.nodes ?? [], entryId);
}
