/** A sentence of the API, with its instants in the viewer's zone and the exact time in a tooltip, as everywhere. */
import { Fragment } from 'react';
import { splitInstants } from './prose.rules.ts';
import { Time } from './time.tsx';

interface ProseProps {
  readonly text: string;
  /** The zone of the job that the sentence is about. */
  readonly jobZone?: string;
}

export const Prose = ({ text, jobZone }: ProseProps) =>
  splitInstants(text).map(({ start, text: piece, isInstant }) => (
    <Fragment key={start}>{isInstant ? <Time at={piece} as="clock" jobZone={jobZone} /> : piece}</Fragment>
  ));
