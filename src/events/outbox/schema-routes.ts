/**
 * `GET /events/schemas`: the list of all events, and `/events/schemas/<name>`: the JSON Schema of one,
 * which the envelope names. Public: receivers have no token here, and schemas contain no data.
 */
import { refuse } from '../../http/body.ts';
import type { Exchange, Handler } from '../../http/exchange.ts';
import { sendText } from '../../http/server.ts';
import { CATALOG, EVENT_TYPES } from '../../work/event-types.rules.ts';
import { eventSchemas, schemaFileName, schemaText } from './cloud-event.rules.ts';

const EVENT_SCHEMAS = '/events/schemas';

/** Returns the two paths with their handlers. */
export function eventSchemaRoutes(): Record<string, Handler> {
  const texts = new Map(eventSchemas().map((one) => [one.fileName, schemaText(one)]));
  const list = EVENT_TYPES.map((type) => {
    const { version, aggregate, description } = CATALOG[type];
    return { type, version, aggregate, description, schema: `${EVENT_SCHEMAS}/${schemaFileName(type, version)}` };
  });
  const listText = `${JSON.stringify({ events: list }, null, 2)}\n`;
  return {
    [EVENT_SCHEMAS]: (exchange) => send(exchange, listText, 'application/json; charset=utf-8'),
    [`${EVENT_SCHEMAS}/`]: (exchange) => {
      const text = texts.get(exchange.url.pathname.slice(EVENT_SCHEMAS.length + 1));
      send(exchange, text, 'application/schema+json; charset=utf-8');
    },
  };
}

function send(exchange: Exchange, text: string | undefined, contentType: string): void {
  const { request, response } = exchange;
  if (request.method !== 'GET' && request.method !== 'HEAD')
    refuse(exchange, 405, 'METHOD_NOT_ALLOWED', 'Schemas of events are read with GET.', { allow: 'GET, HEAD' });
  else if (text === undefined) sendText(response, 404, `There is no such schema. ${EVENT_SCHEMAS} lists them.\n`);
  else sendText(response, 200, text, contentType);
}
