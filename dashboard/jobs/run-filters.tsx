/** Filters runs by job, status and trigger. */
import { usePermission } from '../access/viewer.tsx';
import { type EnumOf, graphql } from '../graphql/graphql.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Button } from '../ui/button.tsx';
import { SelectField } from '../ui/field.tsx';
import type { ListAddress } from '../ui/list-address.ts';
import { RUN_STATUS, RUN_TRIGGER } from '../ui/words.ts';

const JobNames = graphql(`
  query JobNames {
    jobSchedules { id name }
  }
`);

export const STATUSES = Object.keys(RUN_STATUS) as EnumOf<'RunStatus'>[];
export const TRIGGERS = Object.keys(RUN_TRIGGER) as EnumOf<'RunTrigger'>[];

interface RunFiltersProps {
  readonly address: ListAddress;
  readonly hasJob: boolean;
}

export function RunFilters({ address, hasJob }: RunFiltersProps) {
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
    <div className="min-w-40 flex-1 sm:flex-none">
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
    <div className="flex flex-wrap items-end gap-2 px-4 pb-3">
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
