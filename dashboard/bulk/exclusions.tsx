import { Badge, Status } from '../ui/badge.tsx';
import { count, counted, ENTRY_STATUS } from '../ui/words.ts';

interface Exclusion {
  readonly code: string;
  readonly message: string;
  readonly count: number;
  readonly sample: SampleProps['entries'];
}

/** The entries that a plan leaves out, by reason, with a sample of each. */
export const Exclusions = ({ of }: { readonly of: readonly Exclusion[] }) =>
  of.map(({ code, message, count: size, sample }) => (
    <section key={code} aria-label={message} className="grid gap-1 border-t pt-3">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <Badge tone="warn">{counted(size, 'entry left out', 'entries left out')}</Badge>
        <p className="min-w-0 flex-1 basis-64">{message}</p>
      </div>
      {sample.length > 0 && (
        <details>
          <summary className="text-sm text-muted">
            {size > sample.length ? `The first ${count(sample.length)}` : 'Which'}
          </summary>
          <Sample entries={sample} />
        </details>
      )}
    </section>
  ));

interface SampleProps {
  readonly entries: readonly {
    readonly entryId: string;
    readonly username: string;
    readonly fullName?: string;
    readonly status: keyof typeof ENTRY_STATUS;
  }[];
}

// Links open in a new tab, because leaving the page would discard the plan.
export const Sample = ({ entries }: SampleProps) => (
  <ul className="mt-1 grid gap-x-6 gap-y-1 sm:grid-cols-2">
    {entries.map(({ entryId, username, fullName, status }) => (
      <li key={entryId} className="flex min-w-0 items-center justify-between gap-3">
        <a href={`/queue/${entryId}`} target="_blank" rel="noopener" className="min-w-0 truncate hover:underline">
          <span className="font-medium">{username}</span>
          {fullName !== undefined && <span className="text-muted"> · {fullName}</span>}
        </a>
        <Status of={ENTRY_STATUS[status]} />
      </li>
    ))}
  </ul>
);
