/** Commands that depend on the current state: the queue's pauses, each job, each node. */

import { CalendarCog, CirclePause, CirclePlay, Play, Power } from 'lucide-react';
import { pauseQueue, resumeQueue } from '../../entries/queue-actions.ts';
import { graphql, type ResultOf } from '../../graphql/graphql.ts';
import { pauseJob, resumeJob, runJobNow } from '../../jobs/job-actions.ts';
import { useLiveQuery } from '../../live/use-live.ts';
import { drainNode } from '../../provider/provider-actions.ts';
import { type May, refusedBy } from './commands.ts';
import type { Item } from './item.ts';

const Control = graphql(`
  query PaletteControl {
    queueControl { pauses { family { id familyId name } } }
  }
`);
const System = graphql(`
  query PaletteSystem {
    jobSchedules { id name isPaused }
    serverNodes { id nodeId name state }
  }
`);
type Pause = NonNullable<ResultOf<typeof Control>['queueControl']>['pauses'][number];
type Job = NonNullable<ResultOf<typeof System>['jobSchedules']>[number];
type Node = NonNullable<ResultOf<typeof System>['serverNodes']>[number];

export function useStanding(may: May): readonly Item[] {
  const control = useLiveQuery({ query: Control, variables: {}, isPaused: !may('queueControl').isAllowed });
  const isSeen = may('jobSchedules').isAllowed && may('serverNodes').isAllowed;
  const system = useLiveQuery({ query: System, variables: {}, isPaused: !isSeen });
  return [
    ...queueItems(control.data?.queueControl?.pauses, may),
    ...(system.data?.jobSchedules ?? []).flatMap((job) => jobItems(job, may)),
    ...(system.data?.serverNodes ?? []).filter(({ state }) => state === 'RUNNING').map((node) => nodeItem(node, may)),
    ...(isSeen ? [] : unseenItems(may)),
  ];
}

function queueItems(pauses: readonly Pause[] | undefined, may: May): readonly Item[] {
  const isPaused = pauses?.some(({ family }) => family === null);
  const families = (pauses ?? []).flatMap(({ family }) => (family === null ? [] : [family]));
  return [
    {
      id: 'pause queue',
      title: pauseQueue.label,
      words: 'stop hold',
      icon: CirclePause,
      disabledBecause: refusedBy(may, 'pauseQueue') ?? (isPaused === true ? 'It is already paused.' : undefined),
      does: { kind: 'act', action: pauseQueue, input: {} },
    },
    {
      id: 'resume queue',
      title: resumeQueue.label,
      words: 'continue unpause',
      icon: CirclePlay,
      disabledBecause: refusedBy(may, 'resumeQueue') ?? (isPaused === false ? 'It is not paused.' : undefined),
      does: { kind: 'act', action: resumeQueue, input: {} },
    },
    ...families.map(
      ({ familyId, name }): Item => ({
        id: `resume family ${familyId}`,
        title: `Resume the entries of ${name}`,
        words: 'queue continue unpause family',
        icon: CirclePlay,
        disabledBecause: refusedBy(may, 'resumeQueue'),
        does: { kind: 'act', action: resumeQueue, input: { familyId }, subject: name },
      }),
    ),
  ];
}

function jobItems({ name, isPaused }: Job, may: May): readonly Item[] {
  const act = { kind: 'act', input: { jobName: name }, subject: name } as const;
  return [
    {
      id: `run ${name}`,
      title: `Run ${name} now`,
      words: 'job start execute',
      icon: Play,
      disabledBecause: refusedBy(may, 'runJobNow'),
      does: { ...act, action: runJobNow },
    },
    isPaused
      ? {
          id: `resume ${name}`,
          title: `Resume ${name}`,
          words: 'job schedule continue unpause',
          icon: CirclePlay,
          disabledBecause: refusedBy(may, 'resumeJob'),
          does: { ...act, action: resumeJob },
        }
      : {
          id: `pause ${name}`,
          title: `Pause ${name}`,
          words: 'job schedule stop hold',
          icon: CirclePause,
          disabledBecause: refusedBy(may, 'pauseJob'),
          does: { ...act, action: pauseJob },
        },
    {
      id: `reschedule ${name}`,
      title: `Reschedule ${name}`,
      words: 'job cron zone reset default misfire',
      icon: CalendarCog,
      disabledBecause: refusedBy(may, 'rescheduleJob'),
      does: { kind: 'go', href: `/schedules/${encodeURIComponent(name)}?do=reschedule` },
    },
  ];
}

const nodeItem = ({ nodeId, name }: Node, may: May): Item => ({
  id: `drain ${nodeId}`,
  title: `Drain ${name}`,
  words: 'node stop shut down restart',
  icon: Power,
  disabledBecause: refusedBy(may, 'drainNode'),
  does: { kind: 'act', action: drainNode, input: { nodeId }, subject: name },
});

/** For viewers who may not see jobs and nodes: shows that these commands exist, with the reason they are disabled. */
const unseenItems = (may: May): readonly Item[] =>
  [
    { id: 'run a job', title: 'Run a job now', icon: Play, operation: 'runJobNow', href: '/schedules' },
    { id: 'pause a job', title: 'Pause a job', icon: CirclePause, operation: 'pauseJob', href: '/schedules' },
    { id: 'drain a node', title: 'Drain a node', icon: Power, operation: 'drainNode', href: '/nodes' },
  ].map(({ operation, href, ...rest }) => ({
    ...rest,
    disabledBecause: refusedBy(may, operation),
    does: { kind: 'go', href },
  }));
