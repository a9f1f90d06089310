/** Sentences of the server with their instants as people read them, in their own zone. */
import { Fragment } from 'react';
import { Time } from '../../ui/time.tsx';

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

export function Prose({ children }: { readonly children: string }) {
  let at = 0;
  return children.split(INSTANT).map((part) => {
    at += part.length;
    return <Fragment key={`${at}-${part}`}>{INSTANT.test(part) ? <Time at={part} as="clock" /> : part}</Fragment>;
  });
}
