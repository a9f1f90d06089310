/**
 * The outcomes of a job's newest fires, one mark each; a tooltip gives the time, the outcome, the delay and the reason.
 */
import { usePermission } from '../access/viewer.tsx';
import { graphql } from '../graphql/graphql.ts';
import { serverNow } from '../graphql/transport.ts';
import { useLiveQuery } from '../live/use-live.ts';
import { Strip } from '../ui/graphs.tsx';
import { brief, durationMs, lengthOf } from '../ui/instants.rules.ts';
import { useNow } from '../ui/now.ts';
import { useZone } from '../ui/preferences.ts';
import { FIRE_OUTCOME } from '../ui/words.ts';

const NewestFires = graphql(`
  query NewestFires($jobName: String!, $from: DateTime!, $to: DateTime!) {
    fires(jobName: $jobName, from: $from, to: $to, first: 60) {
      nodes { at outcome lag reason }
    }
  }
`);
const DAY_MS = 86_400_000;
/** Far enough back that a job that fires once a day fills the strip. */
const DAYS_BACK = 90;

export function FireStrip({ jobName, timeZone }: { readonly jobName: string; readonly timeZone: string }) {
  const { isAllowed, reason: refusal } = usePermission('fires');
  const today = useNow(DAY_MS);
  const zone = useZone(timeZone);
  const { data, problem } = useLiveQuery({
    query: NewestFires,
    variables: {
      jobName,
      from: new Date(today - DAYS_BACK * DAY_MS).toISOString(),
      to: new Date(today + 2 * DAY_MS).toISOString(),
    },
    // Resolving a fire changes its schedule: the next fire is a different one.
    on: ['SCHEDULE'],
    isAbout: ({ SCHEDULE }) => SCHEDULE?.keys.has(jobName) === true,
    isPaused: !isAllowed,
  });
  if (!isAllowed) return <span className="text-muted">{refusal}</span>;
  if (problem !== undefined && data === undefined) return <span className="text-bad">{problem}</span>;
  const fires = data?.fires?.nodes;
  if (fires === undefined) return <span className="inline-block h-5 w-48 animate-pulse rounded bg-raised" />;
  if (fires.length === 0) return <span className="text-muted">None yet</span>;
  const text = ({ at, outcome, lag, reason }: (typeof fires)[number]): string => {
    const late = lag === null ? undefined : durationMs(lag);
    return [
      `${brief(Date.parse(at), serverNow(), zone)}: ${FIRE_OUTCOME[outcome].text}`,
      late === undefined ? undefined : `Started ${lengthOf(late)} late`,
      reason ?? undefined,
    ]
      .filter((part) => part !== undefined)
      .join('. ');
  };
  return (
    <Strip
      label={`Outcomes of the last ${fires.length} fires of ${jobName}, oldest first`}
      parts={[...fires].reverse().map((fire) => ({
        key: fire.at,
        tone: FIRE_OUTCOME[fire.outcome].tone,
        text: text(fire),
      }))}
    />
  );
}
