/** A section of a page with a title. */

import { type ReactNode, useId } from 'react';
import { None } from './text.tsx';

interface CardProps {
  readonly title: string;
  /** Only for screen readers, because the page or its tab already shows the title. */
  readonly isTitleHidden?: boolean;
  /** A sentence below the title. */
  readonly hint?: ReactNode;
  readonly actions?: ReactNode;
  /** The content extends to the edges, as tables do. */
  readonly isFlush?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Card({
  title,
  isTitleHidden = false,
  hint,
  actions,
  isFlush = false,
  className = '',
  children,
}: CardProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`min-w-0 rounded-lg border bg-panel ${className}`}>
      <header
        className={
          isTitleHidden ? 'sr-only' : 'flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 pt-3 pb-2'
        }
      >
        <div className="min-w-0 flex-1 basis-56">
          <h2 id={id} className="font-semibold">
            {title}
          </h2>
          {hint !== undefined && <p className="text-sm text-muted">{hint}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      <div className={isFlush ? '' : 'px-4 pb-4'}>{children}</div>
    </section>
  );
}

/** A number with its label, for the head of a page. */
export function Figure({
  label,
  value,
  note,
  tone,
  isWide = false,
}: {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: 'bad' | 'warn' | 'good';
  /** Takes both columns on a phone, for a long note. */
  readonly isWide?: boolean;
}) {
  const colour = tone === 'bad' ? 'text-bad' : tone === 'warn' ? 'text-warn' : tone === 'good' ? 'text-good' : '';
  return (
    <div className={`min-w-0 ${isWide ? 'max-sm:col-span-2' : ''}`}>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className={`text-xl font-semibold ${colour}`}>{value}</dd>
      {note !== undefined && <dd className="text-sm text-muted">{note}</dd>}
    </div>
  );
}

/** Names with their values, one below the other. */
export function Facts({ of }: { readonly of: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5">
      {of.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value ?? <None />}</dd>
        </div>
      ))}
    </dl>
  );
}
