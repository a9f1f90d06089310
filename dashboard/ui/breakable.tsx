/**
 * A name without spaces, for example a job's. When it does not fit on a line, it wraps between its words, not within
 * one.
 */
import { Fragment } from 'react';

const WORDS = /(?<=[a-z0-9])(?=[A-Z])/;

export const Breakable = ({ text }: { readonly text: string }) =>
  text.split(WORDS).map((word, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text, in their order.
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {word}
    </Fragment>
  ));
