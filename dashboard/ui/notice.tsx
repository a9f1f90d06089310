/** A message above the rest of the content, with the actions that help. */
import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { TONE_LOOKS } from './badge.tsx';
import type { Tone } from './words.ts';

const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleAlert, info: Info } as const;

interface NoticeProps {
  readonly tone: Exclude<Tone, 'idle'>;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
  /** Announced at once by screen readers: for something that has just gone wrong. */
  readonly isUrgent?: boolean;
}

export function Notice({ tone, children, actions, isUrgent = false }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div
      role={isUrgent ? 'alert' : undefined}
      className={`flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg px-3 py-2 ${TONE_LOOKS[tone]}`}
    >
      {/* Aligned with the buttons, which are higher than a line of text, and wide enough to be read beside them. */}
      <Icon aria-hidden className={`size-4 shrink-0 ${actions === undefined ? 'mt-0.5' : 'mt-1.5'}`} />
      <div className={`min-w-0 flex-1 ${actions === undefined ? 'basis-48' : 'basis-48 py-1 md:basis-80'}`}>
        {children}
      </div>
      {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

/** Shown for an empty list: what would be listed here, and how it gets here. */
export const Empty = ({
  title,
  children,
  actions,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) => (
  <div className="px-4 py-8 text-center">
    <p className="font-medium">{title}</p>
    {children !== undefined && <div className="mx-auto mt-1 max-w-prose text-muted">{children}</div>}
    {actions !== undefined && <div className="mt-3 flex flex-wrap justify-center gap-2">{actions}</div>}
  </div>
);
