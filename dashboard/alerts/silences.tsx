/** Silences: the active ones, which can be ended, and the ended ones. */

import { ActionButton } from '../actions/action-button.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Empty, Loaded } from '../ui/notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Time, useNow } from '../ui/time.tsx';
import { isInForce } from './alert.rules.ts';
import { endSilence } from './alert-actions.ts';
import { type Silence, useSilences } from './alert-documents.ts';

const coverOf = ({ title, groupKey, alert }: Silence): string =>
  title === null ? (alert?.summary ?? 'An alert that was deleted') : title + (groupKey === null ? '' : `: ${groupKey}`);

const SHARED: readonly Column<Silence>[] = [
  {
    name: 'Silenced',
    cell: (silence) => (
      <div className="max-w-prose min-w-0 break-words">
        <p className="font-medium">{coverOf(silence)}</p>
        <p className="text-sm text-muted">{silence.rule === null ? 'This alert only' : 'Every alert of the rule'}</p>
      </div>
    ),
  },
  { name: 'Why', cell: ({ reason }) => <div className="max-w-80 min-w-0 break-words">{reason}</div> },
  {
    name: 'By',
    cell: ({ createdBy, createdAt }) => (
      <div>
        <p>{createdBy}</p>
        <p className="text-sm text-muted">
          <Time at={createdAt} />
        </p>
      </div>
    ),
  },
];

const activeColumns = (onDone: () => void): readonly Column<Silence>[] => [
  ...SHARED,
  {
    name: 'Until',
    cell: ({ endsAt }) => (
      <div>
        <p>
          <Time at={endsAt} as="clock" />
        </p>
        <p className="text-sm text-muted">
          <Time at={endsAt} />
        </p>
      </div>
    ),
  },
  {
    name: 'Actions',
    isNameHidden: true,
    align: 'right',
    cell: (silence) => (
      <ActionButton
        action={endSilence}
        input={{ silenceId: silence.silenceId }}
        subject={silence.alert?.title ?? coverOf(silence)}
        label="End it"
        onDone={onDone}
      />
    ),
  },
];

const PAST: readonly Column<Silence>[] = [
  ...SHARED,
  {
    name: 'Ended',
    cell: ({ endsAt, endedAt, endedBy }) => (
      <div>
        <p>
          <Time at={endedAt ?? endsAt} as="clock" />
        </p>
        <p className="text-sm text-muted">{endedAt === null ? 'automatically' : `by ${endedBy ?? 'someone'}`}</p>
      </div>
    ),
  },
];

/** Only the newest are shown, as there may be hundreds. */
const MOST_PAST = 50;

export function Silences() {
  const result = useSilences();
  const now = useNow(5_000);
  return (
    <Loaded result={result} height={16}>
      {({ alertSilences }) => {
        const all = alertSilences ?? [];
        const past = all.filter((one) => !isInForce(one, now)).slice(0, MOST_PAST);
        return (
          <>
            <Card title="In force" hint="Silenced alerts stay visible; no one is notified." isFlush>
              <Table
                label="Silences in force"
                columns={activeColumns(result.refresh)}
                rows={all.filter((one) => isInForce(one, now))}
                keyOf={({ silenceId }) => silenceId}
                empty={
                  <Empty
                    title="No silences."
                    actions={
                      <>
                        <ButtonLink href="/alerts">To the alerts</ButtonLink>
                        <ButtonLink href="/alerts?tab=rules">To the rules</ButtonLink>
                      </>
                    }
                  >
                    Silence an alert or a whole rule while someone works on it: no one is notified until a time that you
                    choose.
                  </Empty>
                }
              />
            </Card>
            {past.length > 0 && (
              <Card title="Over" isFlush>
                <Table label="Ended silences" columns={PAST} rows={past} keyOf={({ silenceId }) => silenceId} />
              </Card>
            )}
          </>
        );
      }}
    </Loaded>
  );
}
