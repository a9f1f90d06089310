/** Parses PromQL as far as the tests need: the metrics of an expression and the labels of their matchers. */

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

/** Every metric that an expression queries, with the labels of its matchers. */
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

/** The base name of a metric: without the suffix that a histogram adds for its parts. */
export const baseOf = (name: string, known: (name: string) => boolean): string =>
  known(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
