/** The operations behind the API's view of the nodes; what people did is logged. */
import type { Acted } from '../access/acts.ts';
import type { Database, Queryable } from '../database/database.ts';
import { shareReading } from '../database/shared-reading.ts';
import type { Notices } from '../events/notices.ts';
import { type DrainRequest, drainNode } from './drain.ts';
import { loadSilentNodes } from './nodes.ts';

export interface NodeOptions {
  readonly db: Database;
  readonly notices: Notices;
  /** A node that says nothing for so long is gone. */
  readonly silenceMs: number;
}

export function createNodeOperations({ db, notices, silenceMs }: NodeOptions, acted: Acted) {
  /** One statement for all nodes of an answer. */
  const silentNodes = shareReading((on: Queryable) => loadSilentNodes(on, silenceMs));
  return {
    loadSilentNodes: () => silentNodes(db),
    async drain(caller: string, request: DrainRequest) {
      const answer = await drainNode(db, caller, request, silenceMs);
      if (answer.isChanged) acted(caller, 'drainNode', request.reason, { drainedNodeId: answer.nodeId });
      notices.nodesChanged();
      return answer;
    },
  };
}
