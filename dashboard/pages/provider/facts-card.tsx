/** The provider's address, our token, and the latency of calls. */
import { Card, Facts, Figure } from '../../ui/card.tsx';
import { Copied } from '../../ui/copy.tsx';
import { Length, Time } from '../../ui/time.tsx';
import { TOKEN_KIND } from '../../ui/words.ts';
import type { Provider } from './provider-query.ts';

export function FactsCard({ provider }: { readonly provider: Provider }) {
  const { name, url, instanceHost, organizationId, tokenKind, tokenExpiresAt, latencyP50, latencyP95 } = provider;
  const isSimulator = name === 'simulator';
  return (
    <Card title="Address and token">
      <div className="grid gap-4">
        <Facts
          of={[
            ['Provider', isSimulator ? 'Built-in simulator' : name === 'zitadel' ? 'Zitadel' : name],
            ['Address', url === null ? null : <Copied key="url" of={url} label="the address" />],
            ...(instanceHost === null ? [] : [['External domain', instanceHost] as const]),
            [
              'Organization',
              organizationId === null ? null : (
                <Copied key="organization" of={organizationId} label="the organization’s id" />
              ),
            ],
            ['Access', TOKEN_KIND[tokenKind]],
            ...(tokenKind === 'NONE' ? [] : [['Token expires', <TokenEnd key="end" at={tokenExpiresAt} />] as const]),
          ]}
        />
        <dl className="grid grid-cols-2 gap-4 border-t pt-3">
          <Figure
            label="Half of the calls within"
            value={<Length of={latencyP50} />}
            note="of this node’s last 1,000 calls"
          />
          <Figure label="95 of 100 within" value={<Length of={latencyP95} />} note="of the same calls" />
        </dl>
      </div>
    </Card>
  );
}

const TokenEnd = ({ at }: { readonly at: string | null }) => (at === null ? 'Not known' : <Time at={at} />);
