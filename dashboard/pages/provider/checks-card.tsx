/** The provider checks of this node, and a button to run one now. */
import { ActionButton } from '../../actions/action-button.tsx';
import { checkIdentityProvider } from '../../actions/provider-actions.ts';
import { isBeforeOpening } from '../../provider/last-check.rules.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Code } from '../../ui/copy.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { counted } from '../../ui/words.ts';
import { type CheckSpan, spansOf } from './checks.rules.ts';
import type { Provider } from './provider-query.ts';

interface ChecksCardProps {
  readonly provider: Provider;
  readonly onDone: () => void;
}

export function ChecksCard({ provider, onDone }: ChecksCardProps) {
  const spans = spansOf(provider.recentChecks);
  const [last] = spans;
  return (
    <Card
      title="Checks"
      hint="Address, token and organization, checked by this node at its start and every few minutes."
      actions={<ActionButton action={checkIdentityProvider} input={{}} onDone={onDone} />}
    >
      {last === undefined ? (
        <p className="text-muted">The first check is still running.</p>
      ) : (
        <div className="grid gap-3">
          <LastCheck of={last} isOutdated={isBeforeOpening(last.check, provider.circuit)} />
          {spans.length > 1 && (
            <ul className="grid gap-2" aria-label="Last known">
              {spans.slice(1).map((span) => (
                <EarlierChecks key={span.since} of={span} />
              ))}
            </ul>
          )}
        </div>
      )}
    </Card>
  );
}

interface LastCheckProps {
  readonly of: CheckSpan;
  /** The circuit opened after this check. */
  readonly isOutdated: boolean;
}

function LastCheck({ of: { check, since, count }, isOutdated }: LastCheckProps) {
  const { isOk, code, message, checkedAt } = check;
  return (
    <Notice tone={!isOk ? 'bad' : isOutdated ? 'info' : code === null ? 'good' : 'warn'}>
      <p className="font-medium">
        {isOk ? 'The last check passed' : 'The last check failed'}, <Time at={checkedAt} />
        {isOutdated && ', before the circuit opened'}
      </p>
      <p className="break-words">{message}</p>
      {code !== null && (
        <p className="mt-1">
          <Code>{code}</Code>
        </p>
      )}
      {count > 1 && (
        <p className="text-sm">
          So it was {counted(count, 'time', 'times')}, since <Time at={since} as="clock" />.
        </p>
      )}
    </Notice>
  );
}

const EarlierChecks = ({ of: { check, since, count } }: { readonly of: CheckSpan }) => (
  <li className="grid gap-0.5">
    <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <Badge tone={!check.isOk ? 'bad' : check.code === null ? 'good' : 'warn'}>
        {check.isOk ? 'Passed' : 'Failed'}
      </Badge>
      <span className="text-sm text-muted">
        {count === 1 ? (
          <Time at={since} as="clock" />
        ) : (
          <>
            {counted(count, 'time', 'times')}, from <Time at={since} as="clock" /> to{' '}
            <Time at={check.checkedAt} as="clock" />
          </>
        )}
      </span>
    </span>
    {!check.isOk && <span className="text-sm break-words">{check.message}</span>}
  </li>
);
