/**
 * Writes the documents for receivers of events: events/ with the JSON Schema of every event, and
 * docs/events.md. Schemas that are no longer in the catalog stay: receivers may still have such events.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { eventSchemas, schemaFileName, schemaText } from '../src/events/outbox/cloud-event.rules.ts';
import { CATALOG, EVENT_TYPES } from '../src/work/event-types.rules.ts';

const FOLDER = new URL('../events/', import.meta.url);
export const EVENTS = new URL('../docs/events.md', import.meta.url);

/** docs/events.md: the events, how they are delivered, and what a receiver can rely on. */
export function eventsDocument(): string {
  const rows = EVENT_TYPES.map((type) => {
    const { version, aggregate, description, payload } = CATALOG[type];
    const file = schemaFileName(type, version);
    const fields = Object.keys(payload.shape).map((field) => `\`${field}\``);
    return `| [\`${type}\`](../events/${file}) | ${aggregate} | ${description.replaceAll('|', '\\|')} | ${fields.join(', ')} |`;
  });
  return `# Events

Generated from \`src/work/event-types.rules.ts\` (\`npm run events\`). The server writes each event to
\`auth.outbox_events\` in the transaction of the change, so that neither exists without the other, and publishes it
from there to every target: [webhooks](webhooks.md), and PostgreSQL's \`NOTIFY\`.

What a receiver can rely on:

- **At least once.** Each event arrives once or more, whichever node dies at whatever moment. A repeat has the same
  \`id\`: remember the ids of the last days, and ignore those that you have seen.
- **In order within its aggregate** (\`partitionkey\`): the events of one entry arrive in the order in which they
  happened. There is no order between aggregates. \`redeliverOutboxEvent\` sends an event again out of order.
- **No secrets and no full names.** A username identifies the account.
- **Versions.** A version may get new fields: ignore fields that you do not know. If a field changes or disappears,
  the event gets a new version, with another \`type\`.

The envelope is [CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md), as JSON:

\`\`\`json
{
  "specversion": "1.0",
  "id": "0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11",
  "source": "https://jobs.example.com",
  "type": "family-hub.jobs.ManagedAccountCreated.v1",
  "subject": "ManagedAccountCreation/6f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b12",
  "time": "2027-03-01T10:00:00.000Z",
  "datacontenttype": "application/json",
  "dataschema": "https://jobs.example.com/events/schemas/managed-account-created.v1.json",
  "partitionkey": "6f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b12",
  "sequence": "00000000000000004711",
  "data": { "entryId": "6f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b12", "...": "..." }
}
\`\`\`

\`source\` is \`PUBLIC_URL\`, or \`urn:family-hub-jobs\` where that is not set. \`GET /events/schemas\` lists the event
types, and \`GET /events/schemas/<name>\` returns the JSON Schema of one; both are public.

A program with a connection to the database can subscribe with \`LISTEN family_hub_events\`. The notification is
\`{"id": ..., "type": ...}\`; the program then reads the row. After a disconnect it finds what it missed by
\`processed_at\`.

If a target does not accept an event, the server tries again after 1 s, 2 s, 4 s and so on up to 10 min. Meanwhile only
later events of the same aggregate wait. After 10 failures the event is parked: later events continue, and the
parked one waits for \`redeliverOutboxEvent\`. \`outboxStatistics\` counts waiting and parked events, \`outboxEvents\`
lists them.

| event | aggregate | what happened | payload |
|---|---|---|---|
${rows.join('\n')}
`;
}

if (process.argv[1] === import.meta.filename) {
  await mkdir(FOLDER, { recursive: true });
  for (const one of eventSchemas()) await writeFile(new URL(one.fileName, FOLDER), schemaText(one));
  await writeFile(EVENTS, eventsDocument());
}
