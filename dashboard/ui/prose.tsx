/** A sentence of the server's: instants in it are shown as anywhere else, with their zone a hover away. */
import { Fragment } from 'react';
import { Time } from './time.tsx';

const INSTANT = /(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)/;

export function Prose({ text }: { readonly text: string }) {
  return text.split(INSTANT).map((part, index) =>
    // Every second one is what the pattern caught.
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, which have no other name.
    index % 2 === 1 ? <Time key={index} at={part} as="clock" /> : <Fragment key={index}>{part}</Fragment>,
  );
}
