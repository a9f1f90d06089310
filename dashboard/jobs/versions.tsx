/** The versions of a schedule: when, by whom, why, and what changed. */

import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Card } from '../ui/card.tsx';
import { Code } from '../ui/copy.tsx';
import { Loaded } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Badge } from '../ui/text.tsx';
import { Time } from '../ui/time.tsx';
import { MISFIRE_POLICY } from '../ui/words.ts';
import { type Change, changesOf } from './fire.rules.ts';

const ScheduleVersions = graphql(`
  query ScheduleVersions($name: String!) {
    jobSchedule(name: $name) {
      id
      versions(first: 100) {
        version createdAt takesEffectAt changedBy changeReason cron timeZone misfirePolicy isOverridden
        pause { by reason pausedAt until }
      }
    }
  }
`);
type Version = NonNullable<ResultOf<typeof ScheduleVersions>['jobSchedule']>['versions'][number];
interface Row extends Version {
  readonly changes: readonly Change[];
}

const NAMES = { cron: 'Cron', timeZone: 'Zone', misfirePolicy: 'Misfire policy' } as const;

const columns = (jobZone: string, current: number | undefined): readonly Column<Row>[] => [
  {
    name: 'Version',
    cell: ({ version }) => (
      <span className="inline-flex items-center gap-2">
        {version} {version === current && <Badge tone="good">In force</Badge>}
      </span>
    ),
  },
  { name: 'Changed', cell: ({ createdAt }) => <Time at={createdAt} as="clock" jobZone={jobZone} /> },
  { name: 'By', cell: ({ changedBy }) => changedBy ?? <span className="text-muted">The server</span> },
  {
    name: 'What differs',
    cell: (row) => <Differences of={row} />,
  },
  { name: 'Why', cell: ({ changeReason }) => changeReason ?? <span className="text-muted">Not given</span> },
  {
    name: 'Applies to fires after',
    cell: ({ takesEffectAt }) => <Time at={takesEffectAt} as="clock" jobZone={jobZone} />,
  },
];

function Differences({ of: { changes, cron, timeZone, misfirePolicy, pause, isOverridden } }: { readonly of: Row }) {
  if (changes.length === 0)
    return (
      <span>
        <Value of={cron} />{' '}
        <span className="text-muted">
          {timeZone}, {MISFIRE_POLICY[misfirePolicy].toLowerCase()}
        </span>
      </span>
    );
  return (
    <ul className="grid gap-1">
      {changes.map((change) => (
        <li key={change.what}>
          {change.what === 'paused' ? (
            <>
              Paused
              {pause?.until != null && (
                <>
                  {' '}
                  until <Time at={pause.until} as="clock" />
                </>
              )}
            </>
          ) : change.what === 'resumed' ? (
            'Resumed'
          ) : (
            <>
              <span className="text-muted">{NAMES[change.what]}</span> <Value of={change.from} />{' '}
              <span aria-hidden>→</span> <span className="sr-only">became</span> <Value of={change.to} />
            </>
          )}
        </li>
      ))}
      {!isOverridden && <li className="text-sm text-muted">Default in code</li>}
    </ul>
  );
}

const Value = ({ of }: { readonly of: string }) => (
  <span className="whitespace-nowrap">
    <Code>{of in MISFIRE_POLICY ? MISFIRE_POLICY[of as keyof typeof MISFIRE_POLICY] : of}</Code>
  </span>
);

export function Versions({ jobName, jobZone }: { readonly jobName: string; readonly jobZone: string }) {
  const result = useLiveQuery({
    query: ScheduleVersions,
    variables: { name: jobName },
    on: ['SCHEDULE'],
    isAbout: ({ SCHEDULE }) => SCHEDULE?.keys.has(jobName) === true,
  });
  return (
    <Card title="Versions" hint="The last 100 changes of the schedule, newest first." isFlush>
      <Loaded result={result}>
        {({ jobSchedule }) => {
          const versions = jobSchedule?.versions ?? [];
          return (
            <Table
              label={`Versions of ${jobName}`}
              columns={columns(jobZone, versions[0]?.version)}
              rows={versions.map((version, index) => ({
                ...version,
                changes: changesOf(version, versions[index + 1]),
              }))}
              keyOf={({ version }) => String(version)}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}
