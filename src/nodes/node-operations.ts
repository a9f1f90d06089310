/** The operations behind the API's view of the nodes, each with its tools. */
import type { Acts } from '../access/acts.ts';
import type { Database, Queryable } from '../database/database.ts';
import { shareReading } from '../database/shared-reading.ts';
import type { Caller } from '../work/caller.ts';
import type { Notices } from '../work/notices.ts';
import { type DrainRequest, drainNode } from './drain.ts';
import { loadSilentNodes } from './nodes.ts';

export interface NodeOptions {
  readonly db: Database;
  readonly acts: Acts;
  readonly notices: Notices;
  /** A node that says nothing for so long is gone. */
  readonly silenceMs: number;
}

export function createNodeOperations({ db, acts, notices, silenceMs }: NodeOptions) {
  /** One statement for all nodes of an answer. */
  const silentNodes = shareReading((on: Queryable) => loadSilentNodes(on, silenceMs));
  return {
    loadSilentNodes: () => silentNodes(db),
    async drain(caller: Caller, request: DrainRequest) {
      const answer = await acts.transaction(async (tx, acted) => {
        const asked = await drainNode(tx, caller.name, request, silenceMs);
        const target = { type: 'ServerNode', id: asked.nodeId };
        if (asked.isChanged) acted({ caller, action: 'drainNode', target, reason: request.reason });
        return asked;
      });
      notices.notify('nodes');
      return answer;
    },
  };
}
