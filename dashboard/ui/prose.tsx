/** A sentence of the API, whose instants are shown as all others are: in the reader's zone, exact on hover. */
import { Fragment } from 'react';
import { splitInstants } from './prose.rules.ts';
import { Time } from './time.tsx';

interface ProseProps {
  readonly text: string;
  /** The zone of the job that it is about. */
  readonly jobZone?: string;
}

export const Prose = ({ text, jobZone }: ProseProps) =>
  splitInstants(text).map(({ start, text: piece, isInstant }) => (
    <Fragment key={start}>{isInstant ? <Time at={piece} as="clock" jobZone={jobZone} /> : piece}</Fragment>
  ));
