/** Totals over all nodes. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';

interface Standing {
  readonly state: EnumOf<'NodeState'>;
  readonly version: string;
}

export interface Summary<Node> {
  /** Live nodes, running ones first. */
  readonly living: readonly Node[];
  readonly gone: readonly Node[];
  readonly running: number;
  readonly versions: readonly string[];
}

const ORDER: Readonly<Record<EnumOf<'NodeState'>, number>> = { RUNNING: 0, STARTING: 1, DRAINING: 2, GONE: 3 };

export function summaryOf<Node extends Standing>(nodes: readonly Node[]): Summary<Node> {
  const living = nodes.filter(({ state }) => state !== 'GONE').toSorted((a, b) => ORDER[a.state] - ORDER[b.state]);
  return {
    living,
    gone: nodes.filter(({ state }) => state === 'GONE'),
    running: living.filter(({ state }) => state === 'RUNNING').length,
    versions: [...new Set(living.map(({ version }) => version))],
  };
}
