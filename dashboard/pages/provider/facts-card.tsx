/** Which provider it is, how we prove who we are, and what the last look at it showed. */
import { isBeforeOpening } from '../../provider/last-check.rules.ts';
import { Card, Facts, Figure } from '../../ui/card.tsx';
import { Code, Copied } from '../../ui/copy.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { TOKEN_KIND } from '../../ui/words.ts';
import type { Provider } from './provider-query.ts';

export function FactsCard({ provider }: { readonly provider: Provider }) {
  const { name, url, instanceHost, organizationId, tokenKind, tokenExpiresAt, latencyP50, latencyP95 } = provider;
  const isSimulator = name === 'simulator';
  return (
    <Card title="Where accounts are made">
      <div className="grid gap-4">
        <Facts
          of={[
            ['Provider', isSimulator ? 'The simulator that is built in' : name === 'zitadel' ? 'Zitadel' : name],
            ['Address', url === null ? null : <Copied key="url" of={url} label="the address" />],
            ...(instanceHost === null ? [] : [['External domain', instanceHost] as const]),
            [
              'Organisation',
              organizationId === null ? null : (
                <Copied key="organization" of={organizationId} label="the organisation’s id" />
              ),
            ],
            ['Access', TOKEN_KIND[tokenKind]],
            ...(tokenKind === 'NONE' ? [] : [['Token ends', <TokenEnd key="end" at={tokenExpiresAt} />] as const]),
          ]}
        />
        <dl className="grid grid-cols-2 gap-4 border-t pt-3">
          <Figure
            label="Half of the calls within"
            value={<Length of={latencyP50} />}
            note="of this node’s last 1,000"
          />
          <Figure label="95 of 100 within" value={<Length of={latencyP95} />} note="of the same calls" />
        </dl>
        <LastCheck check={provider.lastCheck} isOutdated={isBeforeOpening(provider.lastCheck, provider.circuit)} />
      </div>
    </Card>
  );
}

const TokenEnd = ({ at }: { readonly at: string | null }) => (at === null ? 'Not known' : <Time at={at} />);

interface LastCheckProps {
  readonly check: Provider['lastCheck'];
  /** The circuit has opened since. */
  readonly isOutdated: boolean;
}

function LastCheck({ check, isOutdated }: LastCheckProps) {
  if (check === null) return <p className="text-muted">It has not been looked at yet; that is done at each start.</p>;
  const { isOk, code, message, checkedAt } = check;
  return (
    <Notice tone={!isOk ? 'bad' : isOutdated ? 'info' : code === null ? 'good' : 'warn'}>
      <p className="font-medium">
        {isOk ? 'The last check found it in order' : 'The last check found it not in order'}, <Time at={checkedAt} />
        {isOutdated && ', before the circuit opened'}
      </p>
      <p className="break-words">{message}</p>
      <p className="text-sm">It is looked at again every few minutes.</p>
      {code !== null && (
        <p className="mt-1">
          <Code>{code}</Code>
        </p>
      )}
    </Notice>
  );
}
