/** A name in one word, for example of a job: a line that it does not fit into breaks between its words, not within one. */
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
