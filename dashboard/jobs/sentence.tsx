/** A sentence of the API, whose instants are shown as all others are: in the reader's zone, exact on hover. */
import { Fragment } from 'react';
import { Time } from '../ui/time.tsx';
import { splitInstants } from './fire.rules.ts';

export const Sentence = ({ text, jobZone }: { readonly text: string; readonly jobZone?: string }) =>
  splitInstants(text).map(({ start, text: piece, isInstant }) => (
    <Fragment key={start}>{isInstant ? <Time at={piece} as="clock" jobZone={jobZone} /> : piece}</Fragment>
  ));
