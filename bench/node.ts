/** A node of pickup.ts and scale.ts: only a worker, until its parent disconnects. */
import { once } from 'node:events';
import { openDatabase } from '../src/database/database.ts';
import { registerNode } from '../src/nodes/nodes.ts';
import { openKeyRing } from '../src/sealing/key-ring.ts';
import { parseMasterKey } from '../src/sealing/master-key.ts';
import { silentLogger } from '../src/telemetry/logger.ts';
import { startWorker } from './worker.ts';

const [message] = (await once(process, 'message')) as [{ url: string; providerUrl: string; masterKey: string }];
const { url, providerUrl } = message;
const db = await openDatabase({ url, poolSize: 12, logger: silentLogger });
const keyRing = await openKeyRing(db, parseMasterKey(message.masterKey, 'the benchmark'));
const node = await registerNode(db, 'other', '0');
const worker = await startWorker({ db, url, keyRing, nodeId: node.id, providerUrl }, 32);
worker.wake();
process.on('message', worker.wake);
process.send?.('ready');
await once(process, 'disconnect');
await worker.stop();
await db.close();
