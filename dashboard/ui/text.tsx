/** A state as a word, never as a colour alone. */

import { Fragment, type ReactNode } from 'react';
import type { Tone, Wording } from './words.ts';

/** The background and text colours of a tone. */
export const TONE_LOOKS: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  idle: 'bg-idle-soft text-muted',
};

export const Badge = ({ tone = 'idle', children }: { readonly tone?: Tone; readonly children: ReactNode }) => (
  <span
    className={`inline-flex h-5 items-center gap-1 rounded-full px-2 text-xs font-medium whitespace-nowrap ${TONE_LOOKS[tone]}`}
  >
    {children}
  </span>
);

export const Status = ({ of: { text, tone } }: { readonly of: Wording }) => (
  <Badge tone={tone}>
    <span aria-hidden className="size-1.5 rounded-full bg-current" />
    {text}
  </Badge>
);

/*
 * A name without spaces, for example a job's. When it does not fit on a line, it wraps between its words, not within
 * one.
 */

const WORDS = /(?<=[a-z0-9])(?=[A-Z])/;

export const Breakable = ({ text }: { readonly text: string }) =>
  text.split(WORDS).map((word, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text, in their order.
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {word}
    </Fragment>
  ));

/** No value: a dash in a table; the list on a phone leaves the line out (app.css). */
export const None = () => (
  <span data-none className="text-muted">
    –
  </span>
);
