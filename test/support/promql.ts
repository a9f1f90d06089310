/** Reads PromQL as far as tests need it: which metrics an expression asks for, and by which labels. */

export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

const WORDS = new Set([
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
  'offset',
  'or',
  'and',
  'unless',
]);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const SELECTOR = /([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?/g;

/** Every metric that is asked for, each with the labels of its own matchers. */
export function selectorsOf(expression: string): Selector[] {
  const text = expression
    .replace(/"[^"]*"/g, '""')
    .replace(/\[[^\]]*\]/g, '')
    .replace(GROUPING, ' ');
  return [...text.matchAll(SELECTOR)].flatMap(([, name = '', matchers = '', call]) => {
    if (call !== undefined || WORDS.has(name)) return [];
    return [{ metric: name, labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map((match) => match[1] ?? '') }];
  });
}

/** The labels that an expression groups by. */
export const groupedBy = (expression: string): string[] =>
  [...expression.matchAll(GROUPING)]
    .flatMap(([, list = '']) => list.split(',').map((label) => label.trim()))
    .filter((label) => label !== '');

/** A metric's own name: without what a histogram adds for its parts. */
export const baseOf = (name: string, known: (name: string) => boolean): string =>
  known(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
