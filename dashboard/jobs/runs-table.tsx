/** Runs of one job or of all, newest first, with filters in the address bar. */

import { Link, useLocation } from 'wouter';
import { usePermission } from '../access/viewer.tsx';
import { type EnumOf, graphql, type ResultOf } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { SelectField } from '../ui/field.tsx';
import { type ListAddress, useFirstPageInstead, useListAddress } from '../ui/filters.tsx';
import { Empty, Loaded, Notice } from '../ui/notice.tsx';
import { Pager } from '../ui/page.tsx';
import { useZoneName } from '../ui/preferences.ts';
import { type Column, Table } from '../ui/table.tsx';
import { Status } from '../ui/text.tsx';
import { Length, Time } from '../ui/time.tsx';
import { counted, RUN_STATUS, RUN_TRIGGER } from '../ui/words.ts';
import { countsText } from './run-progress.tsx';

/* Filters runs by job, status and trigger. */

const JobNames = graphql(`
  query JobNames {
    jobSchedules { id name }
  }
`);

const STATUSES = Object.keys(RUN_STATUS) as EnumOf<'RunStatus'>[];
const TRIGGERS = Object.keys(RUN_TRIGGER) as EnumOf<'RunTrigger'>[];

interface RunFiltersProps {
  readonly address: ListAddress;
  readonly hasJob: boolean;
}

function RunFilters({ address, hasJob }: RunFiltersProps) {
  const { data } = useLiveQuery({
    query: JobNames,
    variables: {},
    isPaused: !usePermission('jobSchedules').isAllowed || !hasJob,
  });
  const job = address.get('job');
  const known = data?.jobSchedules?.map(({ name }) => name);
  const jobs = (known ?? []).map((name) => [name, name] as const);
  // An unknown job in the address is listed too, so that the user sees why nothing is found.
  const other =
    job === undefined || known?.includes(job) === true
      ? []
      : [[job, known == null ? job : `${job}: no such job`] as const];
  const select = (name: string, label: string, options: readonly (readonly [string, string])[]) => (
    <div className="min-w-36 flex-1 sm:flex-none">
      <SelectField
        label={label}
        isLabelHidden
        options={options}
        value={address.get(name) ?? ''}
        onChange={({ target }) => address.set({ [name]: target.value })}
      />
    </div>
  );
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 pb-3">
      {hasJob && select('job', 'Job', [['', 'All jobs'], ...jobs, ...other])}
      {select('status', 'Status', [
        ['', 'Every status'],
        ...STATUSES.map((one) => [one, RUN_STATUS[one].text] as const),
      ])}
      {select('trigger', 'Trigger', [
        ['', 'Every trigger'],
        ...TRIGGERS.map((one) => [one, RUN_TRIGGER[one]] as const),
      ])}
      {address.isFiltered && (
        <Button kind="ghost" onClick={address.clear}>
          Clear
        </Button>
      )}
    </div>
  );
}

const Runs = graphql(`
  query Runs(
    $filter: JobRunFilter, $empty: JobRunFilter, $first: Int, $after: String, $last: Int, $before: String
  ) {
    emptyRuns: jobRuns(filter: $empty, first: 1) { totalCount nodes { id startedAt } }
    jobRuns(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes {
        id runId status trigger actor reason startedAt duration errorMessage
        counts { name value }
        node { id name }
        job { id name }
      }
    }
  }
`);
type Run = NonNullable<ResultOf<typeof Runs>['jobRuns']>['nodes'][number];

const PER_PAGE = 50;
const FILTERS = ['job', 'status', 'trigger'];
/** In the address when the runs that had nothing to do are listed too. */
const EMPTY = 'empty';

const columns = (isOfOneJob: boolean): readonly Column<Run>[] => [
  {
    name: 'Run',
    cell: ({ runId, startedAt, job }) => (
      <Link href={`/runs/${runId}`} className="font-medium text-accent hover:underline md:whitespace-nowrap">
        {isOfOneJob ? <Time at={startedAt} as="clock" /> : job.name}
      </Link>
    ),
  },
  { name: 'Status', cell: ({ status }) => <Status of={RUN_STATUS[status]} /> },
  ...(isOfOneJob ? [] : [{ name: 'Began', cell: ({ startedAt }: Run) => <Time at={startedAt} as="clock" /> }]),
  {
    name: 'Trigger',
    cell: ({ trigger, actor }) => (
      <span className="md:whitespace-nowrap">
        {RUN_TRIGGER[trigger]}
        {actor !== null && <span className="text-muted">, {actor}</span>}
      </span>
    ),
  },
  { name: 'Took', align: 'right', cell: ({ duration }) => <Length of={duration} /> },
  {
    name: 'Result',
    isWide: true,
    cell: ({ counts, errorMessage }) =>
      errorMessage !== null ? (
        <span className="text-bad" title={errorMessage}>
          {errorMessage}
        </span>
      ) : (
        <span className="text-muted">{countsText(counts.filter(({ value }) => value !== 0)) || 'Nothing to do'}</span>
      ),
  },
  { name: 'Node', cell: ({ node }) => <span className="md:whitespace-nowrap">{node?.name ?? '–'}</span> },
];

/** `jobName`: shows only this job's runs and hides the job filter. */
export function RunsTable({ jobName }: { readonly jobName?: string }) {
  const address = useListAddress(FILTERS, PER_PAGE);
  const [, navigate] = useLocation();
  const { isAllowed, reason } = usePermission('jobRuns');
  const filter = filterOf(address, jobName);
  const hasEmpty = address.get(EMPTY) !== undefined;
  const result = useLiveQuery({
    query: Runs,
    variables: {
      filter: hasEmpty ? filter : { ...filter, isEmpty: false },
      empty: { ...filter, isEmpty: true },
      ...address.page,
    },
    on: ['JOB_RUN'],
    isPaused: !isAllowed,
  });
  useFirstPageInstead(address, result);
  const { jobRuns: found, emptyRuns } = result.data ?? {};
  const [newestEmpty] = emptyRuns?.nodes ?? [];
  return (
    <Card
      title={found == null ? 'Runs' : counted(found.totalCount, 'run', 'runs')}
      hint={`Newest first. Times in ${useZoneName()}.`}
      isFlush
      actions={
        newestEmpty !== undefined && (
          <>
            <span className="text-sm text-muted">
              {counted(emptyRuns?.totalCount ?? 0, 'run', 'runs')} had nothing to do. Last:{' '}
              <Time at={newestEmpty.startedAt} />
            </span>
            <Button isSmall onClick={() => address.set({ [EMPTY]: hasEmpty ? undefined : 'shown' })}>
              {hasEmpty ? 'Hide them' : 'Show them'}
            </Button>
          </>
        )
      }
    >
      {!isAllowed && <Notice tone="info">{reason}</Notice>}
      <RunFilters address={address} hasJob={jobName === undefined} />
      <Loaded result={result} height={16}>
        {({ jobRuns }) =>
          jobRuns !== null && (
            <>
              <Table
                label="Runs"
                columns={columns(jobName !== undefined)}
                rows={jobRuns.nodes}
                keyOf={({ id }) => id}
                onOpen={({ runId }) => navigate(`/runs/${runId}`)}
                empty={<NoRuns address={address} hasEmpty={newestEmpty !== undefined} />}
              />
              <Pager of={jobRuns.pageInfo} onPage={(page) => address.set(page, true)} />
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

const NoRuns = ({ address, hasEmpty }: { readonly address: ListAddress; readonly hasEmpty: boolean }) =>
  address.isFiltered ? (
    <Empty title="No run matches these filters." actions={<Button onClick={address.clear}>Show all</Button>} />
  ) : hasEmpty ? (
    <Empty title="No run had anything to do yet." />
  ) : (
    <Empty title="No runs yet.">A run starts when a job’s schedule fires or when someone runs it now.</Empty>
  );

function filterOf(address: ListAddress, jobName: string | undefined) {
  const job = jobName ?? address.get('job');
  const status = STATUSES.find((one) => one === address.get('status'));
  const trigger = TRIGGERS.find((one) => one === address.get('trigger'));
  return {
    ...(job !== undefined && { jobName: job }),
    ...(status !== undefined && { status: [status] }),
    ...(trigger !== undefined && { trigger: [trigger] }),
  };
}
